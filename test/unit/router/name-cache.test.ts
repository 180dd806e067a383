import { expect, test } from 'vitest';

import { NameCache } from '../../../src/router/builtin/proxy/name-cache.ts';

test('names that one client makes up do not keep others from being remembered', () => {
  const found: string[] = [];
  const cache = new NameCache((lower) => {
    found.push(lower);
    return lower.length;
  });
  for (let i = 0; i < 1000; i++) cache.get(`X-Junk-${i}`);
  for (const name of ['Accept', 'ACCEPT', 'Accept', 'ACCEPT']) expect(cache.get(name)).toBe(6);
  expect(found.slice(1000)).toEqual(['accept', 'accept']);
});

test('a name that is long is known each time anew', () => {
  let count = 0;
  const cache = new NameCache(() => ++count);
  for (let i = 0; i < 3; i++) cache.get('x'.repeat(65));
  expect(count).toBe(3);
});
