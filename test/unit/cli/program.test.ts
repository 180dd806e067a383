import { describe, expect, test } from 'vitest';

import { LOADERS } from '../../../src/cli/loaders.ts';
import { parse } from '../../../src/cli/program.ts';
import { VERBS } from '../../../src/cli/verbs.ts';

describe('the command line', () => {
  test('takes the options of every verb before and after the verb', async () => {
    for (const argv of [
      ['-C', 'there', '--json', 'status'],
      ['status', '--json', '--project', 'there'],
    ]) {
      const request = await parse(argv, '1.0.0');
      expect(request).toMatchObject({ kind: 'verb', verb: { name: 'status' } });
      expect(request.kind === 'verb' && Object.fromEntries(request.options)).toEqual({
        '--json': true,
        '--project': 'there',
      });
    }
  });

  test('tells flags that say no from those that were not given', async () => {
    const given = await parse(['build', '--no-cache', '--no-color', 'sum'], '1.0.0');
    expect(given).toMatchObject({ kind: 'verb', args: ['sum'] });
    expect(given.kind === 'verb' && Object.fromEntries(given.options)).toEqual({
      '--no-cache': true,
      '--no-color': true,
    });
    const plain = await parse(['build'], '1.0.0');
    expect(plain.kind === 'verb' && plain.options.size).toBe(0);
  });

  test('finds verbs of two words', async () => {
    expect(await parse(['daemon', 'stop'], '1.0.0')).toMatchObject({ verb: { name: 'daemon stop' } });
  });

  test('takes what follows "--" as names', async () => {
    expect(await parse(['plan', '--', '--json'], '1.0.0')).toMatchObject({ args: ['--json'] });
  });

  test.each([[[]], [['--help']], [['help', '--help']], [['apply', '-h']], [['daemon']], [['-V']]])(
    '%j is answered with text, and is no mistake',
    async (argv) => {
      const request = await parse(argv, '1.0.0');
      expect(request.kind === 'text' && request.text.trim()).toBeTruthy();
    },
  );

  test.each([
    [['nope']],
    [['--nope']],
    [['export']],
    [['export', 'a', 'b', 'c']],
    [['logs', '--tail']],
    [['daemon', 'x']],
  ])('%j is a usage error with a hint', async (argv) => {
    await expect(parse(argv, '1.0.0')).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringMatching(/\S/),
    });
  });
});

describe('every verb', () => {
  test.each(VERBS.map((verb) => [verb.name, verb] as const))(
    '%s loads, and its examples are understood',
    async (_name, verb) => {
      expect((await LOADERS[verb.name]()).run).toBeTypeOf('function');
      expect(verb.examples.length).toBeGreaterThan(0);
      for (const { line } of verb.examples) {
        const [program, ...argv] = line.replace(/ [<>] .*$/, '').split(' ');
        expect(program).toBe('faaso');
        expect(await parse(argv, '1.0.0')).toMatchObject({ kind: 'verb', verb: { name: verb.name } });
      }
    },
  );
});
