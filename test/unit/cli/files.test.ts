import { describe, expect, test } from 'vitest';

import type { VerbRequest } from '../../../src/cli/program.ts';
import { parse } from '../../../src/cli/program.ts';
import { globalOptions } from '../../../src/cli/global-options.ts';

async function verb(line: string): Promise<VerbRequest> {
  const request = await parse(line.split(' '), '1.0.0');
  if (request.kind !== 'verb') throw new Error(`${line} is answered with text`);
  return request;
}

describe('-f names the files of the project', () => {
  test.each([
    ['-f a.yml status'],
    ['status -f a.yml'],
    ['status --file a.yml'],
    ['--file=a.yml status'],
    ['-fa.yml daemon status'],
    ['daemon -f a.yml status'],
    ['daemon status -f a.yml'],
  ])('%s', async (line) => {
    const { files, options } = await verb(line);
    expect(files).toEqual(['a.yml']);
    expect([...options.keys()]).toEqual([]);
  });

  test('several, in the order in which they were written, before and after the verb', async () => {
    expect((await verb('-f a.yml -f b.yml apply sum -f a.yml --file c.yml')).files).toEqual([
      'a.yml',
      'b.yml',
      'a.yml',
      'c.yml',
    ]);
  });

  test('of every verb its own call only: nothing is left from the call before', async () => {
    await verb('-f a.yml status');
    expect((await verb('status')).files).toEqual([]);
  });

  test('before a verb that has a -f of its own; after it the flag is that of the verb', async () => {
    const { files, options, args } = await verb('-f a.yml logs -f sum --file b.yml');
    expect(files).toEqual(['a.yml', 'b.yml']);
    expect(Object.fromEntries(options)).toEqual({ '--follow': true });
    expect(args).toEqual(['sum']);
  });

  test.each([['-f'], ['status -f'], ['daemon --file']])(
    '%s without a path is a usage error',
    async (line) => {
      await expect(parse(line.split(' '), '1.0.0')).rejects.toMatchObject({ code: 'usage' });
    },
  );
});

describe("a verb's help", () => {
  const flags = (own: string): string[] =>
    globalOptions({ options: [{ flags: own, description: '' }] }).map((option) => option.flags);

  test('lists the options of every verb without those that mean something else there', () => {
    expect(flags('-x')).toContain('-f, --file <path>');
    expect(flags('-f, --follow')).toContain('--file <path>');
    expect(flags('-f, --file <path>').join()).not.toContain('file');
    expect(flags('-f, --follow')).toContain('-C, --project <path>');
  });
});

describe('the options of every verb', () => {
  test('win where they stand closest to the verb', async () => {
    expect((await verb('-C a status -C b')).options.get('--project')).toBe('b');
    expect((await verb('daemon -C b status')).options.get('--project')).toBe('b');
  });
});
