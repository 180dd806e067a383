import { describe, expect, test } from 'vitest';

import { age, count, duration, elapsed, list } from '../../../src/cli/render/text.ts';

describe('how long something took', () => {
  test.each([
    [0, '0.0 s'],
    [640, '0.6 s'],
    [12_400, '12.4 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [72_000, '1 min 12 s'],
    [3_599_900, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
    [-5, '0.0 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('what still goes on is told in whole seconds, rounded down', () => {
    expect([999, 59_999, 60_000].map(elapsed)).toEqual(['0 s', '59 s', '1 min 0 s']);
  });
});

describe('how old something is', () => {
  test.each([
    [59_999, '59 s'],
    [60_000, '1 m'],
    [3_600_000, '1 h'],
    [86_400_000, '1 d'],
    [273_600_000, '3 d 4 h'],
    [-1, '0 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});

test('one thing has no plural', () => {
  expect([count(0, 'test'), count(1, 'test'), count(2, 'test')]).toEqual(['0 tests', '1 test', '2 tests']);
});

test('a list reads like a sentence', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
