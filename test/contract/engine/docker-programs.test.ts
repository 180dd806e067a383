import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Instance } from '../../../src/core/state.ts';
import type { ExecSession } from '../../../src/engine/engine.ts';
import { evaluate, greeting } from '../../support/engine-program.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness } from './docker-harness.ts';
import { requestFor } from './harness.ts';
import { readAll } from './programs.ts';

const TERMINAL = { columns: 100, rows: 30 };

describe('a program in a container', () => {
  let harness: DockerHarness;
  let instance: Instance;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(() => harness?.close());

  async function node(code: string, terminal?: typeof TERMINAL): Promise<ExecSession> {
    instance = await harness.engine.start(await requestFor(harness));
    await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
    return harness.engine.exec(instance.id, {
      command: ['/node', '-e', code],
      ...(terminal === undefined ? {} : { terminal }),
    });
  }

  /** How many processes the container has. */
  const processes = (): Promise<unknown> =>
    evaluate(instance.port, `fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length`);

  it('has a terminal of the size that was asked for, and sees it change', async () => {
    const session = await node(
      `const out = process.stdout;
       const say = () => out.write([out.isTTY, out.columns, out.rows, process.env.TERM].join(' ') + '\\n');
       out.on('resize', () => { if (out.columns === 50) { say(); process.exit(5); } });
       process.stdin.once('data', say);
       out.write('up\\n');`,
      TERMINAL,
    );
    let said = '';
    for await (const { stream, data } of session.output) {
      expect(stream).toBe('stdout');
      const before = said;
      said += Buffer.from(data).toString();
      const shown = (text: string): boolean => said.includes(text) && !before.includes(text);
      if (shown('up')) session.write(Buffer.from('x\r'));
      if (shown('true 100 30 xterm')) await session.resize({ columns: 50, rows: 20 });
    }
    expect(said).toContain('true 50 20 xterm');
    expect(await session.exitCode()).toBe(5);
    await session.resize(TERMINAL);
  });

  it.each([
    ['a pipe', undefined],
    ['a terminal', TERMINAL],
  ])('that reads from %s ends when nobody holds it any more', async (_, terminal) => {
    const session = await node(`process.stdin.resume(); console.log('up')`, terminal);
    for await (const { data } of session.output) if (String(data).includes('up')) break;
    expect(await processes()).toBe(3);
    session.close();
    await vi.waitFor(async () => expect(await processes()).toBe(2), { timeout: 10_000 });
  });

  it('runs as the function does: no capabilities, its user, its variables, its read-only root', async () => {
    const session = await node(`
      const status = fs.readFileSync('/proc/self/status', 'utf8');
      console.log(process.env.FAASO_FUNCTION, /CapEff:\\s+0{16}$/m.test(status), /NoNewPrivs:\\s+1$/m.test(status));
      try { fs.writeFileSync('/x', ''); } catch (error) { console.log(error.code); }`);
    expect(await readAll(session)).toEqual({ stdout: 'echo true true\nEROFS\n', stderr: '' });
    expect(await session.exitCode()).toBe(0);
  });

  it('that is there but cannot be run says why', async () => {
    instance = await harness.engine.start(await requestFor(harness));
    for (const terminal of [undefined, TERMINAL]) {
      const request = { command: ['/proc'], ...(terminal === undefined ? {} : { terminal }) };
      await expect(harness.engine.exec(instance.id, request)).rejects.toMatchObject({
        code: 'start-failed',
        message: 'the program /proc cannot be run in the container',
        details: [expect.stringContaining('permission denied')],
      });
    }
  });
});
