import { describe, expect, it } from 'vitest';

import { expandGlob, fixedPart, isGlob } from '../../../src/build/glob.ts';
import { temporaryFolder, writeTree } from '../../support/build-fixture.ts';

const TREE = {
  'a.csv': '',
  'b.txt': '',
  'ab.csv': '',
  '.hidden.csv': '',
  'a+b(1).csv': '',
  'deep/c.csv': '',
  'deep/er/d.csv': '',
  'deep/.secret/e.csv': '',
  'to-deep': { link: 'deep' },
} as const;

describe('expandGlob', () => {
  it.each([
    ['*.csv', ['a+b(1).csv', 'a.csv', 'ab.csv']],
    ['?.csv', ['a.csv']],
    ['[a-b].*', ['a.csv', 'b.txt']],
    ['[!a]*', ['b.txt', 'to-deep']],
    ['.*.csv', ['.hidden.csv']],
    ['a+b(1).*', ['a+b(1).csv']],
    ['**/*.csv', ['a+b(1).csv', 'a.csv', 'ab.csv', 'deep/c.csv', 'deep/er/d.csv']],
    ['deep/**', ['deep/c.csv', 'deep/er/d.csv']],
    ['*/er/d.csv', ['deep/er/d.csv']],
    ['deep/*/absent', []],
    ['*.CSV', []],
    ['[', []],
  ])('expands %s', async (pattern, expected) => {
    const folder = await temporaryFolder();
    await writeTree(folder, TREE);
    expect(await expandGlob(folder, pattern)).toEqual(expected);
  });

  it('knows a glob and its fixed beginning', () => {
    expect(['a/b', 'a*', 'a?', '[a]'].map(isGlob)).toEqual([false, true, true, true]);
    expect(['*.csv', 'a/*.csv', '../a/b/**/c'].map(fixedPart)).toEqual(['', 'a', '../a/b']);
  });
});
