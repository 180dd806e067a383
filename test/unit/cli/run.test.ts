import { describe, expect, test } from 'vitest';

import type { Backend } from '../../../src/cli/verb.ts';
import { run } from '../../../src/cli/run.ts';
import { FaasoError } from '../../../src/core/errors.ts';
import { TestIo } from '../../support/cli-io.ts';
import { scriptedBackend } from '../../support/cli-script.ts';

const failing = (error: unknown): Backend => ({
  ...scriptedBackend({}, new TestIo(), []),
  locate: () => Promise.reject(error),
});

describe('a verb that fails', () => {
  test.each([
    [new FaasoError('config-invalid', 'wrong'), 2],
    [new FaasoError('engine-unreachable', 'no engine'), 1],
    [new FaasoError('functions-failed', 'some failed'), 3],
    [new FaasoError('interrupted', 'cancelled'), 130],
    [new TypeError('x is not a function'), 1],
  ])('%s', async (error, code) => {
    const io = new TestIo();
    expect(await run(['status'], io, failing(error))).toBe(code);
    expect(io.stdout).toBe('');
    expect(io.stderr).toContain(`error: ${error.message}`);
  });

  test('because of a defect asks to report it', async () => {
    const io = new TestIo();
    await run(['status'], io, failing(new TypeError('x is not a function')));
    expect(io.stderr).toMatch(
      /^error: x is not a function\n {2}at [^]*\n {2}hint: this is a defect in faaso/,
    );
  });

  test.each([
    [['status', '-C', '/a b', '-f', 'x.yml'], 'faaso apply sum', "faaso -C '/a b' -f x.yml apply sum"],
    [
      ['-f', '$&.yml', 'logs', '-f'],
      'try "faaso apply"; see "faaso secret list"',
      `try "faaso -f '$&.yml' apply"; see "faaso -f '$&.yml' secret list"`,
    ],
    [['status', '-C', 'a'], 'faaso apply -f x.yml', 'faaso apply -f x.yml'],
    [['status', '-C', 'a'], 'faaso is not for this', 'faaso is not for this'],
    [['status'], 'faaso apply', 'faaso apply'],
  ])('of %j carries its project into the hint %j', async (argv, hint, shown) => {
    const io = new TestIo();
    await run(argv, io, failing(new FaasoError('function-unknown', 'nothing is applied', { hint })));
    expect(io.stderr).toContain(`hint: ${shown}\n`);
  });

  test('is data on stdout with --json', async () => {
    const io = new TestIo();
    await run(
      ['status', '--json'],
      io,
      failing(new FaasoError('usage', 'wrong', { details: ['a'], hint: 'b' })),
    );
    expect(JSON.parse(io.stdout)).toEqual({
      code: 'usage',
      message: 'wrong',
      details: ['a'],
      hint: 'b',
      where: [],
    });
    expect(io.stderr).toBe('');
  });
});

describe('colours', () => {
  const colored = async (argv: readonly string[], env: Record<string, string>): Promise<boolean> => {
    const io = new TestIo({ terminal: { columns: 80, rows: 24 }, env });
    await run(argv, io, failing(new FaasoError('usage', 'wrong')));
    return io.written.includes('\x1b[31merror:');
  };

  test('are for terminals, and only where they are wanted', async () => {
    expect(await colored(['status'], {})).toBe(true);
    expect(await colored(['status'], { NO_COLOR: '' })).toBe(true);
    expect(await colored(['status'], { NO_COLOR: '1' })).toBe(false);
    expect(await colored(['status'], { TERM: 'dumb' })).toBe(false);
    expect(await colored(['status', '--no-color'], {})).toBe(false);
  });
});

describe('a log that is followed', () => {
  test('ends without an error when its reader has gone', async () => {
    const io = new TestIo();
    const backend = scriptedBackend({}, io, []);
    const client = await backend.createClient({ file: '/project/functions.yml', overlays: [], env: {} });
    const logs: typeof client.logs = (_request, _onLine, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        io.closeReader();
      });
    const code = await run(['logs', '-f', 'sum'], io, {
      ...backend,
      createClient: async () => ({ ...client, logs }),
    });
    expect(code).toBe(0);
    expect(io.stdout + io.stderr).toBe('');
  });
});
