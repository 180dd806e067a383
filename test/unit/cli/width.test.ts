import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { cut, pad, width, wrap } from '../../../src/cli/render/width.ts';

describe('the width of text on a terminal', () => {
  test.each([
    ['abc', 3],
    ['日本語', 6],
    ['e\u0301', 1],
    ['🚀', 2],
    ['\x1b[31mred\x1b[39m', 3],
    ['7 · │ → …', 9],
  ])('%j takes %i columns', (text, columns) => {
    expect(width(text)).toBe(columns);
  });

  test('padding counts columns, not characters', () => {
    expect(pad('日本', 6)).toBe('日本  ');
    expect(pad('longer', 3)).toBe('longer');
  });

  test('cut text never takes more than it may, and says that something is missing', () => {
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('abc', 3)).toBe('abc');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
        expect(width(cut(text, columns))).toBeLessThanOrEqual(
          Math.max(columns, width(text) === 0 ? 0 : columns),
        );
      }),
    );
  });
});

describe('a long line', () => {
  test('goes on under the text beside its label', () => {
    expect(wrap('sum        FAILED because of many words', 28)).toEqual([
      'sum        FAILED because of',
      '           many words',
    ]);
  });

  test('goes on with its own indentation', () => {
    expect(wrap('    one two three', 11)).toEqual(['    one two', '    three']);
  });

  test('is left to the terminal where a word does not fit', () => {
    expect(wrap('a veryveryverylongword b', 10)).toEqual(['a', 'veryveryverylongword', 'b']);
  });

  test('stays as it is when it fits', () => {
    expect(wrap('a  b   c', 8)).toEqual(['a  b   c']);
  });

  test('loses no word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (list, columns) => {
        expect(wrap(list.join(' '), columns).join(' ').split(/ +/).filter(Boolean)).toEqual(list);
      }),
    );
  });
});
