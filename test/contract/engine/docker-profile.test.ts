import { networkInterfaces } from 'node:os';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Instance } from '../../../src/core/state.ts';
import { evaluate, greeting, programEnv } from '../../support/engine-program.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness } from './docker-harness.ts';
import { requestFor } from './harness.ts';

describe('the profile of every container', () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(() => harness?.close());

  async function start(spec: Parameters<typeof requestFor>[1] = {}): Promise<Instance> {
    const instance = await harness.engine.start(await requestFor(harness, spec));
    await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
    return instance;
  }

  it('lets a process write to /tmp and the writable paths alone, and run nothing from there', async () => {
    const { port } = await start({ spec: { writable: ['/var/cache/app'] } });
    expect(await evaluate(port, `fs.writeFileSync('/x', '')`)).toEqual({ error: 'EROFS' });
    expect(await evaluate(port, `fs.writeFileSync('/tmp/x', 'a'), fs.readFileSync('/tmp/x', 'utf8')`)).toBe(
      'a',
    );
    expect(await evaluate(port, `fs.writeFileSync('/var/cache/app/x', 'b'), 1`)).toBe(1);
    expect(await evaluate(port, `fs.statSync('/var/cache/app').mode & 0o7777`)).toBe(0o1777);
    expect(await evaluate(port, `fs.writeFileSync('/tmp/big', Buffer.alloc(9 << 20))`)).toEqual({
      error: 'ENOSPC',
    });
    const run = `fs.rmSync('/tmp/big'), fs.writeFileSync('/tmp/run', '#!/node\\n', { mode: 0o755 }), child.execFileSync('/tmp/run')`;
    expect(await evaluate(port, run)).toEqual({ error: 'EACCES' });
  });

  it('takes every capability and every way to new privileges', async () => {
    const { port } = await start();
    const status = String(await evaluate(port, `fs.readFileSync('/proc/self/status', 'utf8')`));
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'));
    }
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(await evaluate(port, `fs.chownSync('/tmp', 5, 5)`)).toEqual({ error: 'EPERM' });
  });

  it('bounds processes, open files and memory', async () => {
    const { port, id } = await start();
    const forks = `Array.from({ length: 100 }, () => child.spawnSync('/node', ['-v'])).length`;
    expect(await evaluate(port, forks)).toBe(100);
    const bomb = `Array.from({ length: 100 }, () => {
      const it = child.spawn('/node', ['-e', 'setTimeout(() => {}, 60000)']).on('error', () => {});
      return it.pid === undefined;
    }).filter(Boolean).length`;
    expect(await evaluate(port, bomb)).toBeGreaterThan(0);
    expect(await evaluate(port, `fs.readFileSync('/proc/self/limits', 'utf8')`)).toMatch(
      /Max open files\s+4096\s+4096/,
    );
    const { HostConfig: config } = await harness.docker.getContainer(id).inspect();
    expect(config.Memory).toBe(128 * 2 ** 20);
    expect(config.MemorySwap).toBe(config.Memory);
    expect(config.NanoCpus).toBe(1e9);
    expect(config.Privileged).toBe(false);
    expect(config.Binds ?? []).toEqual([]);
  });

  it('gives the function its variables and ours, which cannot be replaced', async () => {
    const env = { ...programEnv(), LEVEL: 'info=1', PORT: '1', FAASO_FUNCTION: 'liar', FAASO_RELEASE: '99' };
    const request = await requestFor(harness, { spec: { env } });
    await harness.engine.start(request);
    await vi.waitFor(() => greeting(request.port), { timeout: 10_000 });
    expect(await evaluate(request.port, 'process.env')).toMatchObject({
      LEVEL: 'info=1',
      PORT: '3000',
      FAASO_FUNCTION: 'echo',
      FAASO_REVISION: request.release.revision,
      FAASO_RELEASE: '1',
    });
  });

  it('publishes the port on loopback alone', async () => {
    const { port } = await start();
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    const address = outside?.address ?? '127.0.0.2';
    await expect(fetch(`http://${address}:${port}/`, { signal: AbortSignal.timeout(3000) })).rejects.toThrow(
      /fetch failed|aborted/,
    );
  });

  it('keeps instances of a project apart', async () => {
    const a = await start({ function: 'a' });
    const b = await start({ function: 'b' });
    const { NetworkSettings: settings } = await harness.docker.getContainer(a.id).inspect();
    const address = Object.values(settings.Networks)[0]?.IPAddress ?? '';
    expect(address).toMatch(/^\d+\./);
    const connect = `child.spawnSync('/node', ['-e', \`
      require('node:net').connect({ host: '${address}', port: 3000 })
        .on('connect', () => process.exit(10)).on('error', () => process.exit(11));
      setTimeout(() => process.exit(12), 1500);\`]).status`;
    expect([11, 12]).toContain(await evaluate(b.port, connect));
  });

  it('caps the log, never restarts by itself, has no HEALTHCHECK and runs an init', async () => {
    const { id } = await start();
    const { HostConfig: config, Config: own } = await harness.docker.getContainer(id).inspect();
    expect(config.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } });
    expect(config.RestartPolicy?.Name).toBe('no');
    expect(own.Healthcheck?.Test).toEqual(['NONE']);
    expect(config.Init).toBe(true);
  });

  it('removes the anonymous volumes of an image with its container', async () => {
    const { id } = await start();
    const { Mounts: mounts } = await harness.docker.getContainer(id).inspect();
    const volumes = mounts.flatMap(({ Type, Name }) =>
      Type === 'volume' && Name !== undefined ? [Name] : [],
    );
    expect(volumes.length).toBe(1);
    await harness.engine.remove(id);
    const { Volumes: left } = await harness.docker.listVolumes({ filters: { name: volumes } });
    expect(left).toEqual([]);
  });
});
