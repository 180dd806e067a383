import { describe, expect, test } from 'vitest';

import { parseDotenv } from '../../../src/config/dotenv.ts';
import { Problems } from '../../../src/config/problems.ts';
import { sourceText } from '../../../src/config/source.ts';

function parse(text: string): {
  readonly values: Record<string, string>;
  readonly lines: readonly (number | undefined)[];
} {
  const problems = new Problems();
  const assignments = [...parseDotenv(sourceText('.env', text), problems)];
  const values = Object.fromEntries(assignments.map(([name, { value }]) => [name, value]));
  return { values, lines: problems.list('.env').map(({ place }) => place?.line) };
}

describe('a .env file', () => {
  test.each([
    ['A=1', { A: '1' }],
    ['export A = 1 ', { A: '1' }],
    ['  A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# c\n\n  # c\nA=1 # c', { A: '1' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=', { A: '' }],
    ['A=# c', { A: '' }],
    ['A="" # c', { A: '' }],
    ['A=x y=z', { A: 'x y=z' }],
    ["A='$B \\n \"' # c", { A: '$B \\n "' }],
    ['A="a\\nb\\t\\"\\\\\\$"', { A: 'a\nb\t"\\$' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ["A='one\ntwo'", { A: 'one\ntwo' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=${B}', { A: '${B}' }],
  ])('%j says %j', (text, values) => {
    expect(parse(text)).toEqual({ values, lines: [] });
  });

  test.each([
    ['A', [1]],
    ['A=1\nB C=2\n1X=3\nD=4', [2, 3]],
    ["A='x", [1]],
    ['A="x\nB=1', [1]],
    ['A="x"y', [1]],
    ['=x', [1]],
  ])('%j has a wrong line', (text, lines) => {
    expect(parse(text).lines).toEqual(lines);
  });

  test('goes on behind a wrong line', () => {
    expect(parse('A="x\nB=1').values).toEqual({ B: '1' });
  });
});
