import { readFileSync } from 'node:fs';

import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { GVISOR_RUNTIME } from '../../../src/engine/engine.ts';
import { act, evaluate, greeting } from '../../support/engine-program.ts';
import { sweep, sweepAll } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness, SOCKET } from './docker-harness.ts';
import { requestFor } from './harness.ts';
import { readAll } from './programs.ts';

const { Runtimes: runtimes } = (await new Docker({ socketPath: SOCKET }).info()) as { Runtimes: object };
const absent = !(GVISOR_RUNTIME in runtimes);
const why = absent ? ` (skipped: this engine has no runtime ${GVISOR_RUNTIME})` : '';
/** Node alone takes 107 MB there. */
const limits = { cpus: 1, memoryBytes: 256 * 2 ** 20, pids: 64, tmpBytes: 8 * 2 ** 20 };
const STARTED = { timeout: 30_000 };

describe.skipIf(absent)(`a function under gVisor${why}`, () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(async () => {
    await sweepAll(harness);
    await harness.close();
  });

  it('answers on loopback from a kernel that is not this host’s, with its secrets, volumes and profile', async () => {
    const image = await harness.withUser('ada');
    const { engine } = harness;
    const request = await requestFor(harness, {
      image,
      spec: { isolation: 'gvisor', limits, secrets: { KEY: 'f' }, volumes: { cache: '/data' } },
    });
    const { id, port } = await engine.start({ ...request, secrets: { KEY: Buffer.from('value') } });
    await vi.waitFor(() => greeting(port), STARTED);
    const kernel = await evaluate(port, `fs.readFileSync('/proc/version', 'utf8')`);
    expect(kernel).not.toBe(readFileSync('/proc/version', 'utf8'));
    expect(await evaluate(port, `fs.readFileSync('/run/secrets/KEY', 'utf8')`)).toBe('value');
    expect(await evaluate(port, `fs.writeFileSync('/run/secrets/KEY', '')`)).toMatchObject({
      error: expect.stringMatching(/EROFS|EACCES/),
    });
    expect(await evaluate(port, `fs.writeFileSync('/data/x', 'kept'), fs.statSync('/data/x').uid`)).toBe(
      4711,
    );
    expect(await evaluate(port, `fs.writeFileSync('/x', '')`)).toMatchObject({
      error: expect.stringMatching(/EROFS|EACCES/),
    });
    expect(await evaluate(port, `fs.writeFileSync('/tmp/x', 'a'), 1`)).toBe(1);

    const session = await engine.exec(id, { command: ['/node', '-e', `console.log(process.getuid())`] });
    expect(await readAll(session)).toEqual({ stdout: '4711\n', stderr: '' });
    await expect(engine.exec(id, { command: ['/none'] })).rejects.toMatchObject({ code: 'start-failed' });

    await engine.stop(id, 1000);
    await engine.startAgain(id);
    await vi.waitFor(() => greeting(port), STARTED);
    expect(await evaluate(port, `fs.readFileSync('/data/x', 'utf8')`)).toBe('kept');
  });

  it('is ended when it takes more memory than its limit', async () => {
    const { engine } = harness;
    const { id, port } = await engine.start(
      await requestFor(harness, { spec: { isolation: 'gvisor', limits } }),
    );
    await vi.waitFor(() => greeting(port), STARTED);
    await act(port, { oom: true });
    const ended = async (): Promise<number> => {
      const status = (await engine.instance(id))?.status;
      if (status?.kind !== 'exited') throw new Error('it runs');
      return status.exitCode;
    };
    expect(await vi.waitFor(ended, { timeout: 30_000 })).not.toBe(0);
  });
});
