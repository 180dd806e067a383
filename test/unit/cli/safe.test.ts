import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { coloredLine, jsonLine, plain, programLine } from '../../../src/cli/render/safe.ts';

// oxlint-disable-next-line no-control-regex -- the characters that must not come through
const DANGEROUS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

describe('text from elsewhere', () => {
  test('shows control characters instead of obeying them', () => {
    expect(plain('a\x1b[2Jb\nc\x9b1m\u202ed')).toBe('a\\x1b[2Jb\\x0ac\\x9b1m\\u202ed');
  });

  test('of a program loses colours, clipboard writes and titles, and shows the last state of a progress bar', () => {
    expect(programLine('\x1b[1;31mred\x1b[0m \x1b]52;c;eA==\x07\x1b]0;title\x1b\\x')).toBe('red x');
    expect(programLine('10 %\r50 %\r100 %\r\n')).toBe('100 %');
  });

  test('keeps its colours in a log on a terminal, which end with the line', () => {
    expect(coloredLine('\x1b[32mok\x1b[0m \x1b[3A\x1bMup')).toBe('\x1b[32mok\x1b[0m up\x1b[0m');
    expect(coloredLine('no colour')).toBe('no colour');
  });

  test('leaves nothing that a terminal obeys, whatever it was', () => {
    const hostile = fc.string({
      unit: fc.oneof(fc.constantFrom('\x1b', '[', ']', '\x9b', '\r', 'm', '0', ';', '\x07'), fc.string()),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        expect(plain(text)).not.toMatch(DANGEROUS);
        expect(programLine(text)).not.toMatch(DANGEROUS);
        // oxlint-disable-next-line no-control-regex -- colours may stay
        expect(coloredLine(text).replace(/\x1b\[[\d;:]*m/g, '')).not.toMatch(DANGEROUS);
      }),
    );
  });
});

test('JSON on a line stays the same value and holds no control character', () => {
  const value = { text: 'a\u009b\u2028\n\u202e' };
  expect(jsonLine(value)).not.toMatch(DANGEROUS);
  expect(JSON.parse(jsonLine(value))).toEqual(value);
});
