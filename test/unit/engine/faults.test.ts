import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Clock } from '../../../src/core/clock.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { instanceId } from '../../../src/core/names.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { functionName, releaseOf } from '../../contract/engine/harness.ts';
import { startFakeEngine } from '../../support/fake-engine-socket.ts';

/** Twenty times as fast, so that a deadline of 10 s comes after 0.5 s. */
const fastClock: Clock = { now: () => Date.now(), sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

const ID = instanceId('a'.repeat(64));

async function engineBehind(
  listener: RequestListener,
): Promise<{ engine: Engine; connections: () => Promise<number> }> {
  const fake = await startFakeEngine(listener);
  const engine = createDockerEngine({ socketPath: fake.path, env: {}, clock: fastClock });
  onTestFinished(async () => {
    engine.close();
    await fake.close();
  });
  return { engine, connections: fake.connections };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'faaso-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('an engine that hangs', () => {
  it('fails every call after its deadline, with few connections and none left behind', async () => {
    let most = 0;
    const { engine, connections } = await engineBehind((request, response) => {
      if (request.url === '/_ping') response.end('OK');
      else void connections().then((count) => (most = Math.max(most, count)));
    });
    const calls = Array.from({ length: 100 }, () => engine.instances({}));
    const results = await Promise.allSettled([
      ...calls,
      engine.info(),
      engine.instance(ID),
      engine.stop(ID, 1000),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'engine-timeout' } });
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(50);
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 5000 });
  });

  it('fails when it does not even answer a ping', async () => {
    const { engine } = await engineBehind(() => undefined);
    await expect(engine.info()).rejects.toMatchObject({ code: 'engine-timeout' });
  });

  it('fails in time when it stops in the middle of an answer', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/_ping') response.end('OK');
      else response.writeHead(200).write('[', () => response.destroy());
    });
    await expect(engine.instances({})).rejects.toMatchObject({ code: 'engine-timeout' });
  });
});

describe('an engine that answers with an error', () => {
  it('says no-space when its disk is full', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/_ping') return void response.end('OK');
      response.writeHead(500, { 'content-type': 'application/json' });
      return void response.end('{"message":"mkdir /var/lib/docker/x: no space left on device"}');
    });
    await expect(engine.instances({})).rejects.toMatchObject({ code: 'no-space' });
  });

  it('passes its words on', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/_ping') return void response.end('OK');
      response.writeHead(500, { 'content-type': 'application/json' });
      return void response.end('{"message":"the moon is full"}');
    });
    await expect(engine.instances({})).rejects.toMatchObject({
      code: 'engine-error',
      message: 'the engine refused to list the containers: the moon is full',
    });
  });

  it('is refused when it is too old', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/version') response.end('{"Version":"19.03.1","ApiVersion":"1.40","Os":"linux"}');
      else response.end('{"NCPU":1,"MemTotal":1}');
    });
    await expect(engine.info()).rejects.toMatchObject({ code: 'engine-unsupported' });
  });

  it('is asked for gVisor and has none: says isolation-missing, and nothing was created', async () => {
    const asked: string[] = [];
    const { engine } = await engineBehind((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/version') response.end('{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux"}');
      else response.end('{"NCPU":1,"MemTotal":1,"Runtimes":{"runc":{},"io.containerd.runc.v2":{}}}');
    });
    const release = releaseOf(functionName('sum'), 'image:1', { isolation: 'gvisor' });
    const start = engine.start({ project: { name: 'a', root: '/a' }, release, port: 20_000, attempt: 0 });
    await expect(start).rejects.toMatchObject({
      code: 'isolation-missing',
      message: 'Docker Engine 20.10.24 has no gVisor: its runtimes are runc',
      hint: expect.stringContaining('https://gvisor.dev'),
    });
    expect(asked.filter((line) => !line.startsWith('GET'))).toEqual([]);
  });

  it('says why a network of a swarm is not joined', async () => {
    const { engine } = await engineBehind((request, response) => {
      response.end(
        request.url === '/_ping' ? 'OK' : '[{"Name":"mesh","Id":"1","Driver":"overlay","Scope":"swarm"}]',
      );
    });
    const release = releaseOf(functionName('sum'), 'image:1', { networks: ['mesh'] });
    const start = engine.start({ project: { name: 'a', root: '/a' }, release, port: 20_000, attempt: 0 });
    await expect(start).rejects.toMatchObject({
      code: 'start-failed',
      message: 'the network mesh cannot be joined: it belongs to a swarm',
    });
  });

  it('fails a pull that goes wrong after it began', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/_ping') return void response.end('OK');
      return void response.end('{"status":"Pulling"}\r\n{"error":"unexpected EOF"}\r\n');
    });
    await expect(engine.pull('a:1', new AbortController().signal)).rejects.toMatchObject({
      code: 'image-missing',
      details: ['the registry docker.io does not answer, or broke off', 'unexpected EOF'],
    });
  });

  it('fails a pull whose registry never answers', async () => {
    const { engine } = await engineBehind((request, response) => {
      if (request.url === '/_ping') response.end('OK');
    });
    await expect(engine.pull('a:1', new AbortController().signal)).rejects.toMatchObject({
      code: 'image-missing',
    });
  });
});

describe('no engine', () => {
  it('names every socket that was tried, and why it failed', async () => {
    const folder = await temporaryFolder();
    const engine = createDockerEngine({ env: { DOCKER_HOST: `unix://${folder}/none.sock` } });
    await expect(engine.info()).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: `no container engine answers at ${folder}/none.sock`,
      details: [`${folder}/none.sock: there is no such socket`],
    });
  });

  it('says that nothing listens on a socket that was left behind', async () => {
    const path = join(await temporaryFolder(), 'stale.sock');
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await new Promise((resolve) => child.once('exit', resolve));
    const engine = createDockerEngine({ socketPath: path, env: {} });
    await expect(engine.info()).rejects.toMatchObject({
      code: 'engine-unreachable',
      details: [`${path}: connection refused: nothing listens`],
      hint: expect.stringContaining('start'),
    });
  });

  it.runIf(process.getuid?.() === 0)('says how to get at a socket that is not permitted', async () => {
    const fake = await startFakeEngine((_, response) => response.end('OK'));
    await chmod(dirname(fake.path), 0o755);
    await chmod(fake.path, 0o600);
    const engine = createDockerEngine({ socketPath: fake.path, env: {} });
    process.seteuid?.(65_534);
    try {
      await expect(engine.info()).rejects.toMatchObject({
        code: 'engine-unreachable',
        details: [`${fake.path}: permission denied`],
        hint: expect.stringContaining('usermod -aG docker'),
      });
    } finally {
      process.seteuid?.(0);
      await fake.close();
    }
  });

  it('is found again when it comes up later', async () => {
    const path = join(await temporaryFolder(), 'late.sock');
    const engine = createDockerEngine({ socketPath: path, env: {} });
    await expect(engine.instances({})).rejects.toMatchObject({ code: 'engine-unreachable' });
    const server = createServer((socket) =>
      socket.on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]'),
      ),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    expect(await engine.instances({})).toEqual([]);
  });

  it.each(['tcp://10.0.0.1:2375', 'ssh://host', 'npipe:////./pipe/docker'])(
    'refuses DOCKER_HOST=%s',
    async (host) => {
      const engine = createDockerEngine({ env: { DOCKER_HOST: host } });
      await expect(engine.info()).rejects.toMatchObject({
        code: 'engine-unsupported',
        message: expect.stringContaining(host),
      });
    },
  );
});
