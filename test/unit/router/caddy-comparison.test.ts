import { expect, test } from 'vitest';

import { Comparison } from '../../../src/router/caddy/comparison.ts';
import type { Place } from '../../../src/router/caddy/place.ts';
import type { Served } from '../../../src/router/routes-file.ts';
import { SETTINGS } from '../../contract/router/bench-options.ts';

const served = (): Served => ({ settings: SETTINGS, table: { entries: [] } });

/** A comparison with a place whose configuration is `value()`, and how often it was made. */
function comparing(value: () => string): { readonly comparison: Comparison; readonly made: () => number } {
  let made = 0;
  const config = async (): Promise<string> => {
    made += 1;
    return await Promise.resolve(value());
  };
  return { comparison: new Comparison({ config } as unknown as Place), made: () => made };
}

test('what is wanted is made once for what is served', async () => {
  const { comparison, made } = comparing(() => 'a');
  const one = served();
  expect(await comparison.wanted(one)).toBe(await comparison.wanted(one));
  expect(made()).toBe(1);
  await comparison.wanted(served());
  expect(made()).toBe(2);
});

test('what was found to be as wanted is known until something else is wanted, or there', async () => {
  let value = 'a';
  const { comparison } = comparing(() => value);
  const there = { value: 'a', etag: '1' };
  expect(comparison.isThere(there, await comparison.wanted(served()))).toBe(true);
  expect(comparison.known).toBe(there);
  value = 'b';
  expect(comparison.isThere(there, await comparison.wanted(served()))).toBe(false);
  expect(comparison.known).toBeUndefined();
  expect(comparison.isThere({ value: 'b', etag: '2' }, await comparison.wanted(served()))).toBe(true);
  expect(comparison.isThere({ value: 'a', etag: '3' }, await comparison.wanted(served()))).toBe(false);
});
