import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { entryOf } from '../../../src/cli/client-name.ts';

test.each([
  'ci',
  'ada@example.org',
  'a-b_c.d+e',
  '@ada',
  '-',
  '+1',
  '123',
  '1e3',
  '0x1f',
  '.5',
  'true',
  'NULL',
])('the entry of a client named %s can be pasted into a file', (name) => {
  expect(parse(entryOf(name, 'sha256:ab'))).toEqual({ [name]: 'sha256:ab' });
  expect(Object.keys(parse(entryOf(name, 'x')) as object)).toEqual([name]);
  // A key that YAML takes for a number is refused.
  expect(parse(entryOf(name, 'x'), { mapAsMap: true })).toEqual(new Map([[name, 'x']]));
});

test('a usual name has no quotes', () => {
  expect(entryOf('ci', 'sha256:ab')).toBe('ci: sha256:ab');
});
