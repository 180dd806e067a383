import { describe, expect, test } from 'vitest';

import { parse } from '../../../src/cli/program.ts';
import { VERBS } from '../../../src/cli/verbs.ts';

const hintOf = async (line: string): Promise<string> =>
  await parse(line.split(' '), '1.0.0').then(
    () => `${line} is a verb`,
    (error: { hint: string }) => error.hint,
  );

describe('a word of Docker, Compose or another platform is answered with the verb that does it', () => {
  test.each([
    ['up -d', 'apply'],
    ['deploy', 'apply'],
    ['start', 'apply'],
    ['ps', 'status'],
    ['ls', 'status'],
    ['list', 'status'],
    ['stop', 'down'],
    ['run sum', 'invoke'],
    ['dev', 'serve --watch'],
    ['exec sum', 'shell'],
    ['secret ls', 'secret list'],
    ['secret delete A', 'secret rm'],
    ['daemon start', 'daemon restart'],
  ])('%s', async (line, verb) => {
    const [first = '', second = ''] = verb.split(' ');
    const { summary } = VERBS.find(({ name }) => name === first || name === `${first} ${second}`) ?? {};
    expect(await hintOf(line)).toBe(`did you mean faaso ${verb}? (${summary})`);
  });

  test.each(['rm sum', 'remove', 'delete sum'])('%s: which depends on how much', async (line) => {
    expect(await hintOf(line)).toMatch(/^a function is removed by .*faaso apply; all .*faaso down$/);
  });

  test('what is only mistyped is guessed, and names of objects are no words', async () => {
    expect(await hintOf('statsu')).toBe('did you mean status?');
    expect(await hintOf('constructor')).toBe('faaso help lists the verbs');
  });
});

describe('the value of a secret on the command line', () => {
  test('is refused with what to type, and is not said again', async () => {
    await expect(parse(['secret', 'set', 'TOKEN', 'hunter2'], '1.0.0')).rejects.toMatchObject({
      message: expect.not.stringContaining('hunter2'),
      details: [expect.stringContaining('history of the shell')],
      hint: 'faaso secret set TOKEN asks for it; from a file: faaso secret set TOKEN < FILE',
    });
  });
});
