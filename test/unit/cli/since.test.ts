import { describe, expect, test } from 'vitest';

import { parseSince } from '../../../src/cli/since.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('--since', () => {
  test.each([
    ['30s', '2026-11-21T11:59:30Z'],
    ['10m', '2026-11-21T11:50:00Z'],
    ['2h', '2026-11-21T10:00:00Z'],
    ['3d', '2026-11-18T12:00:00Z'],
    ['2026-11-21T07:00:00Z', '2026-11-21T07:00:00Z'],
    ['2026-11-21T07:00:00+02:00', '2026-11-21T05:00:00Z'],
    ['2026-11-21', '2026-11-21T00:00:00Z'],
  ])('%s is %s', (text, at) => {
    expect(new Date(parseSince(text, NOW)).toISOString()).toBe(new Date(at).toISOString());
  });

  test.each(['', '10', '10 m', '-5m', 'yesterday', '2026-13-45', '1', '99999999999d'])(
    '%j is refused',
    (text) => {
      expect(() => parseSince(text, NOW)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});
