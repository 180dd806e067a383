import { afterEach, describe, expect, it } from 'vitest';

import { instanceId } from '../../../src/core/names.ts';
import type { ExecRequest, ExecSession } from '../../../src/engine/engine.ts';
import type { UseHarness } from './harness.ts';
import { requestFor } from './harness.ts';

const node = (code: string): ExecRequest => ({ command: ['node', '-e', code] });

/** All that a session says, until it ends. */
export async function readAll(session: ExecSession): Promise<{ stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of session.output) said[stream] += Buffer.from(data).toString();
  return said;
}

export function programContract(use: UseHarness): void {
  describe('a program in an instance', () => {
    const open: ExecSession[] = [];
    afterEach(() => open.splice(0).forEach((session) => session.close()));
    const run = async (request: ExecRequest): Promise<ExecSession> => {
      const harness = use();
      const { id } = await harness.engine.start(await requestFor(harness));
      const session = await harness.engine.exec(id, request);
      open.push(session);
      return session;
    };

    it('gives what it writes, its two streams apart, and its exit code', async () => {
      const session = await run(node(`console.log('out'), console.error('err'), process.exitCode = 7`));
      expect(await readAll(session)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
      expect(await session.exitCode()).toBe(7);
    });

    it('tells the exit code to one who does not read what it writes', async () => {
      const session = await run(node('process.exitCode = 3'));
      expect(await session.exitCode()).toBe(3);
      expect(await session.exitCode()).toBe(3);
    });

    it('reads what is written to it, to the end, byte by byte', async () => {
      const session = await run(node('process.stdin.pipe(process.stdout)'));
      const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
      session.write(bytes.subarray(0, 100_000));
      session.write(bytes.subarray(100_000));
      session.end();
      const pieces: Uint8Array[] = [];
      for await (const { data } of session.output) pieces.push(data);
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      expect(await session.exitCode()).toBe(0);
    });

    it('that exits with 127 is no program that is missing', async () => {
      const session = await run(node('process.exitCode = 127'));
      expect(await session.exitCode()).toBe(127);
    });

    it('says start-failed, naming it, when the container has none of that name', async () => {
      await expect(run({ command: ['no-such-shell'] })).rejects.toMatchObject({
        code: 'start-failed',
        message: 'the container has no program no-such-shell',
      });
    });

    it('ends when the instance does', async () => {
      const harness = use();
      const { id } = await harness.engine.start(await requestFor(harness));
      const session = await harness.engine.exec(id, node(`console.log('up'), setInterval(() => {}, 1000)`));
      open.push(session);
      const reading = readAll(session);
      await harness.engine.stop(id, 0);
      expect(await reading).toMatchObject({ stderr: '' });
      expect(await session.exitCode()).toBe(137);
    });

    it('says function-not-running when the instance has ended, is paused or is not there', async () => {
      const harness = use();
      const { engine } = harness;
      const refused = { code: 'function-not-running' };
      const { id } = await engine.start(await requestFor(harness));
      await harness.pause(id);
      await expect(engine.exec(id, node(''))).rejects.toMatchObject(refused);
      await engine.stop(id, 0);
      await expect(engine.exec(id, node(''))).rejects.toMatchObject(refused);
      await engine.remove(id);
      await expect(engine.exec(id, node(''))).rejects.toMatchObject(refused);
      await expect(engine.exec(instanceId('e'.repeat(64)), node(''))).rejects.toMatchObject(refused);
    });
  });
}
