import { describe, expect, it } from 'vitest';
import { OLDEST as needed } from '../../src/router/caddy/version.ts';
import { isNewEnough, OLDEST } from '../../src/setup/caddy.mjs';

describe('the Caddy that tests run', () => {
  it('is one that faaso takes', () => {
    expect(OLDEST.join('.')).toBe(needed);
    for (const version of ['v2.11.8', 'v2.11.9 h1:bhZ=', '2.12.0', 'v3.0.0'])
      expect(isNewEnough(version)).toBe(true);
    for (const version of ['v2.11.7', 'v2.10.12', '2.6.2', 'v1.12.9', 'unknown', ''])
      expect(isNewEnough(version)).toBe(false);
  });
});
