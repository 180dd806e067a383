import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { packTar } from 'modern-tar';
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';

import { buildImage } from '../../../src/engine/docker/build/build-image.ts';
import type { BuildRequest } from '../../../src/engine/engine.ts';
import { DEBIAN_BASE } from '../../support/build-fixture.ts';
import { imagesOf, removeImages } from '../../support/build-engine.ts';
import { startSocketProxy } from '../../support/socket-proxy.ts';

const never = new AbortController().signal;
const SOCKET = '/var/run/docker.sock';

interface Prepared {
  readonly project: string;
  readonly request: BuildRequest;
}

function prepared(instructions: readonly string[], changes: Partial<BuildRequest> = {}): Prepared {
  const project = `t-${randomBytes(5).toString('hex')}`;
  onTestFinished(() => removeImages(project));
  const request = {
    context: context(instructions),
    tag: `faaso/${project}/one:1`,
    args: {},
    labels: { 'faaso.managed': 'true', 'faaso.project': project },
    secrets: {},
    noCache: false,
    pull: false,
    ...changes,
  };
  return { project, request };
}

async function* context(instructions: readonly string[]): AsyncGenerator<Uint8Array> {
  const dockerfile = [`FROM ${DEBIAN_BASE}`, ...instructions, ''].join('\n');
  yield await packTar([
    { header: { name: 'Dockerfile', type: 'file', size: Buffer.byteLength(dockerfile) }, body: dockerfile },
  ]);
}

describe('buildImage', () => {
  it('says whether everything came from the cache, and which image it is', async () => {
    const instructions = [`RUN echo ${randomBytes(4).toString('hex')}`];
    const { project, request } = prepared(instructions);
    const run = (): ReturnType<typeof buildImage> =>
      buildImage(new Dockerode(), { ...request, context: context(instructions) }, () => undefined, never);
    const first = await run();
    expect(first.cached).toBe(false);
    expect(await run()).toEqual({ imageId: first.imageId, cached: true });
    expect(await imagesOf(project)).toEqual([first.imageId]);
  });

  it('serves several secrets, and nothing for one that it has not', async () => {
    const mount = (id: string): string => `--mount=type=secret,id=${id},target=/run/${id}`;
    const check = 'test "$(cat /run/a)" = first && test "$(wc -c < /run/b)" = 400000 && test ! -e /run/c';
    const { request } = prepared(
      [`RUN ${mount('a')} ${mount('b')} ${mount('c')} ${check} && echo ${randomBytes(4).toString('hex')}`],
      {
        secrets: { a: Buffer.from('first'), b: Buffer.alloc(400_000, 'x') },
      },
    );
    await expect(buildImage(new Dockerode(), request, () => undefined, never)).resolves.toMatchObject({
      cached: false,
    });
  });

  it('passes on why the context could not be read', async () => {
    const problem = new Error('the disk is on fire');
    const { project, request } = prepared([], {
      context: (async function* () {
        yield new Uint8Array(512);
        throw problem;
      })(),
    });
    await expect(buildImage(new Dockerode(), request, () => undefined, never)).rejects.toBe(problem);
    expect(await imagesOf(project)).toEqual([]);
  });

  it('says that the engine went away, as when it is killed in the middle', async () => {
    const proxy = await startSocketProxy(SOCKET);
    onTestFinished(() => proxy.close());
    const { project, request } = prepared([`RUN echo started ${randomBytes(4).toString('hex')}; sleep 600`]);
    const onLine = (line: string): void => {
      if (line.startsWith('started')) void proxy.cut();
    };
    const docker = new Dockerode({ socketPath: proxy.path });
    await expect(buildImage(docker, request, onLine, never)).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
    expect(await imagesOf(project)).toEqual([]);
  });

  it('ends an abort soon although the upload never would', async () => {
    const abort = new AbortController();
    const reason = new Error('ctrl-c');
    const { request } = prepared([], {
      context: (async function* () {
        yield new Uint8Array(512);
        setImmediate(() => abort.abort(reason));
        await new Promise(() => undefined);
      })(),
    });
    const began = performance.now();
    await expect(buildImage(new Dockerode(), request, () => undefined, abort.signal)).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('ends an abort soon although the engine hangs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faaso-hang-'));
    const sockets = new Set<Socket>();
    const abort = new AbortController();
    const reason = new Error('ctrl-c');
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      abort.abort(reason);
    });
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true });
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
    const { request } = prepared([]);
    const docker = new Dockerode({ socketPath: join(folder, 's') });
    const began = performance.now();
    await expect(buildImage(docker, request, () => undefined, abort.signal)).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
