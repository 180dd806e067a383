import { describe, expect, test } from 'vitest';

import { canRunAway, matches } from '../../../src/config/pattern.ts';

describe('a pattern that can keep a process busy for ever is found where it is declared', () => {
  test.each([
    ['(a+)+', 'a'],
    ['(a*)*b', 'ab'],
    ['([a-z]+)*', 'x'],
    ['(?:a|aa)+', 'a'],
    ['(.*)*x', 'x'],
    ['v(?:[0-9]+){2,}', 'v12'],
    ['\\((x+x+)+y\\)', '(xxy)'],
  ])('%s', (pattern, right) => {
    expect(canRunAway(pattern, right)).toBe(true);
  });

  test.each([
    ['[a-z]+(?:-[a-z]+)*', 'a-b'],
    ['(?:[a-z0-9]+\\.)*[a-z]+', 'a.b'],
    ['(?:debug|info|warn)', 'info'],
    ['(?:a|b)+', 'a'],
    ['[(+*)]+', '+'],
    ['\\(a+\\)+', '(a)'],
    ['(?:/[A-Za-z0-9._-]+)+', '/a/b'],
    ['a{1,3}(?:b+c)?', 'a'],
    ['[', ''],
    ['))((', ''],
  ])('but not %s', (pattern, right) => {
    expect(canRunAway(pattern, right)).toBe(false);
  });
});

test('a pattern that is slow in a way that nobody saw is still ended with each value', () => {
  const before = performance.now();
  // A backward reference makes it slow; no group in it repeats.
  expect(matches('(x+x+x+x+x+x+x+)\\1\\1y', 'x'.repeat(700))).toBe('slow');
  expect(performance.now() - before).toBeLessThan(5000);
});
