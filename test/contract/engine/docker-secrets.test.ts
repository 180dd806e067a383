import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Instance } from '../../../src/core/state.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import type { StartRequest } from '../../../src/engine/engine.ts';
import { helperLabels, secretsLabels } from '../../../src/engine/labels.ts';
import { evaluate, greeting } from '../../support/engine-program.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness, SOCKET } from './docker-harness.ts';
import { functionName, requestFor } from './harness.ts';

const CANARY = 'canary-5f0c1e';
const SECRETS = { API_KEY: Buffer.from(CANARY), BINARY: Uint8Array.from([0, 255, 10]) };
const LIST = `fs.readdirSync('/run/secrets').map((name) => {
  const file = '/run/secrets/' + name;
  const { mode, uid } = fs.statSync(file);
  return [name, (mode & 0o7777).toString(8), uid, fs.readFileSync(file, 'hex')];
})`;

describe('secrets in a container', () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(() => harness?.close());

  const request = async (options: Parameters<typeof requestFor>[1] = {}): Promise<StartRequest> => ({
    ...(await requestFor(harness, {
      ...options,
      spec: { secrets: { API_KEY: 'f', BINARY: 'f' }, ...options.spec },
    })),
    secrets: SECRETS,
  });
  const start = async (asked: StartRequest): Promise<Instance> => {
    const instance = await harness.engine.start(asked);
    await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
    return instance;
  };
  const labelled = async (): Promise<{ containers: number; volumes: number }> => {
    const label = [`faaso.project=${harness.project.name}`];
    const { Volumes: volumes } = await harness.docker.listVolumes({ filters: { label } });
    const containers = await harness.docker.listContainers({ all: true, filters: { label } });
    return { containers: containers.length, volumes: volumes.length };
  };

  it.each([
    ['', 0],
    ['1234', 1234],
    ['1234:77', 1234],
    ['ada', 4711],
    ['ada:staff', 4711],
  ])('belong to the user of the image alone: USER %s', async (user, uid) => {
    const image = user === '' ? harness.image : await harness.withUser(user);
    const { port } = await start(await request({ image }));
    expect(await evaluate(port, LIST)).toEqual([
      ['API_KEY', '400', uid, Buffer.from(CANARY).toString('hex')],
      ['BINARY', '400', uid, '00ff0a'],
    ]);
    expect(await evaluate(port, 'process.getuid()')).toBe(uid);
    expect(await evaluate(port, `fs.writeFileSync('/run/secrets/x', '')`)).toEqual({ error: 'EROFS' });
  });

  it('are there beside a writable /run', async () => {
    const { port } = await start(await request({ spec: { writable: ['/run'] } }));
    expect(await evaluate(port, `fs.readFileSync('/run/secrets/API_KEY', 'utf8')`)).toBe(CANARY);
    expect(await evaluate(port, `fs.writeFileSync('/run/x', ''), 1`)).toBe(1);
  });

  it('are seen in nothing that the engine tells of the container', async () => {
    const { id } = await start(await request());
    const { engine, docker, project } = harness;
    const [volume] = await engine.volumes({ project: project.name });
    const told = JSON.stringify([
      await docker.getContainer(id).inspect(),
      await docker.getContainer(id).changes(),
      await docker.getVolume(volume?.name ?? '').inspect(),
      await engine.instance(id),
    ]);
    expect(told).not.toContain(CANARY);
    expect(told).not.toContain(Buffer.from(CANARY).toString('base64'));
    expect(volume).toMatchObject({ kind: 'secrets', inUse: true, project });
  });

  it('stay through a start again, and go with the instance', async () => {
    const { engine } = harness;
    const { id, port } = await start(await request());
    expect(await labelled()).toEqual({ containers: 1, volumes: 1 });
    await engine.stop(id, 0);
    await engine.startAgain(id);
    await vi.waitFor(() => greeting(port), { timeout: 10_000 });
    expect(await evaluate(port, `fs.readFileSync('/run/secrets/API_KEY', 'utf8')`)).toBe(CANARY);
    await engine.remove(id);
    expect(await labelled()).toEqual({ containers: 0, volumes: 0 });
  });

  it('leave nothing when the start fails, and are in no error', async () => {
    const first = await start(await request({ function: 'a' }));
    for (const asked of [
      await request({ port: first.port }),
      await request({ image: 'faaso/no-such-image:1' }),
      await request({ image: await harness.withUser('nobody-knows') }),
    ]) {
      const error: unknown = await harness.engine.start(asked).catch((reason: unknown) => reason);
      expect(['port-taken', 'image-missing', 'start-failed']).toContain((error as { code: string }).code);
      const { details, cause, message } = error as { details: unknown; cause?: unknown; message: string };
      expect(JSON.stringify([message, details, String(cause)])).not.toContain(CANARY);
      expect(await labelled()).toEqual({ containers: 1, volumes: 1 });
    }
  });

  it('of runs that were killed are removed by a later start, and those of now are not', async () => {
    const { docker, project, image } = harness;
    const name = functionName('echo');
    const left = `${project.name}-left`;
    await harness.addVolume(left, secretsLabels(project, name));
    await harness.addVolume(`${left}-unused`, secretsLabels(project, name));
    const helper = await docker.createContainer({
      Image: image,
      Labels: { ...helperLabels(project, name) },
      HostConfig: { Binds: [`${left}:/run/secrets`] },
    });
    expect(await harness.engine.instances({ project: project.name })).toEqual([]);
    const { id } = await start(await request());
    expect(await labelled()).toEqual({ containers: 2, volumes: 3 });
    await harness.engine.remove(id);

    const later = createDockerEngine({
      socketPath: SOCKET,
      env: {},
      clock: {
        now: () => Date.now() + 600_000,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
      },
    });
    await later.start(await request());
    later.close();
    await expect(helper.inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await labelled()).toEqual({ containers: 1, volumes: 1 });
  });
});
