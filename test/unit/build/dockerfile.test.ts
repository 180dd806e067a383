import { describe, expect, it } from 'vitest';

import { undeclaredArgs, withArgDefaults } from '../../../src/build/dockerfile.ts';

const ARGS = { BASE_RUN: 'python:3', OPTION_X: 'a "b" $c \\', PACKAGES: '' };

describe('withArgDefaults', () => {
  it.each([
    ['ARG BASE_RUN', 'ARG BASE_RUN="python:3"'],
    ['ARG BASE_RUN=other:1', 'ARG BASE_RUN="python:3"'],
    ['arg BASE_RUN="x y"', 'arg BASE_RUN="python:3"'],
    ["  ARG BASE_RUN='x y'  ", '  ARG BASE_RUN="python:3"  '],
    ['ARG PACKAGES=curl', 'ARG PACKAGES=""'],
    ['ARG OPTION_X', 'ARG OPTION_X="a \\"b\\" \\$c \\\\"'],
    ['ARG OTHER=1 BASE_RUN PACKAGES="x"', 'ARG OTHER=1 BASE_RUN="python:3" PACKAGES=""'],
    ['ARG BASE_RUN_TOO=1', 'ARG BASE_RUN_TOO=1'],
    ['# ARG BASE_RUN', '# ARG BASE_RUN'],
    ['RUN echo ARG BASE_RUN', 'RUN echo ARG BASE_RUN'],
    ['ARG toString', 'ARG toString'],
  ])('makes of %s', (line, expected) => {
    expect(withArgDefaults(`FROM x\n${line}\nRUN y\n`, ARGS)).toBe(`FROM x\n${expected}\nRUN y\n`);
  });
});

describe('undeclaredArgs', () => {
  it('finds the arguments that no instruction declares', () => {
    const dockerfile = 'ARG A=1 B\nFROM x\n  arg C="D E"\n# ARG F\nRUN echo ARG G\n';
    expect(undeclaredArgs(dockerfile, ['A', 'B', 'C', 'D', 'F', 'G'])).toEqual(['D', 'F', 'G']);
  });
});
