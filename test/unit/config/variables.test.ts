import { describe, expect, test } from 'vitest';

import { substitute } from '../../../src/config/variables.ts';

const values = new Map([
  ['A', '1'],
  ['EMPTY', ''],
  ['EVIL', '${A} $$ "\n- x: y'],
]);
const read = (text: string) => substitute(text, (name) => values.get(name));

describe('a text with variables', () => {
  test.each([
    ['no variable', 'no variable'],
    ['${A}', '1'],
    ['x${A}y${A}', 'x1y1'],
    ['${EMPTY}', ''],
    ['${NONE:-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${A:-default}', '1'],
    ['${NONE:-}', ''],
    ['${NONE:-${A}}', '1'],
    ['${A:-${NONE}}', '1'],
    ['${A:-${NONE:?unused}}', '1'],
    ['${NONE:-a$$b}', 'a$b'],
    ['${A:?message}', '1'],
    ['$$', '$'],
    ['$${A}', '${A}'],
    ['5$', '5$'],
    ['$5 and $(x) and $-', '$5 and $(x) and $-'],
  ])('%s becomes %s', (text, result) => {
    expect(read(text)).toEqual({ text: result });
  });

  test('takes a value as it is, whatever is in it', () => {
    expect(read('${EVIL}')).toEqual({ text: '${A} $$ "\n- x: y' });
  });

  test.each([
    ['a ${NONE} b', 'variable NONE is not set, neither in the environment nor in .env', '${NONE}'],
    ['${NONE:?say which}', 'variable NONE: say which', '${NONE:?say which}'],
    ['${EMPTY:?}', 'variable EMPTY is not set', '${EMPTY:?}'],
    ['${NONE:-${OTHER}}', 'variable OTHER is not set, neither in the environment nor in .env', '${OTHER}'],
    ['$HOME', 'write ${HOME} for a variable, or $$HOME for the text itself', '$HOME'],
    ['${A-x}', 'expected ${A}, ${A:-default} or ${A:?message}', '${A-'],
    ['${A:+x}', 'expected ${A}, ${A:-default} or ${A:?message}', '${A:'],
    ['${A', 'expected ${A}, ${A:-default} or ${A:?message}', '${A'],
    ['${A:-x', '"${A" has no closing "}"', '${A:-x'],
    ['${1}', '"${" is not followed by the name of a variable', '${1'],
    ['${', '"${" is not followed by the name of a variable', '${'],
    ['${A:-'.repeat(100_000), 'variables are nested too deep', '${'],
  ])('%.20s is refused with its place', (text, message, words) => {
    expect(read(text)).toEqual({ problem: { message, words } });
  });
});
