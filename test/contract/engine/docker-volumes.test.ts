import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { systemClock } from '../../../src/core/clock.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import { helperLabels, volumeLabels, volumeName } from '../../../src/engine/labels.ts';
import { evaluate, greeting } from '../../support/engine-program.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness, SOCKET } from './docker-harness.ts';
import { functionName, requestFor } from './harness.ts';

describe('volumes in a container', () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(async () => {
    await sweep(harness);
    const { engine, project } = harness;
    for (const { name } of await engine.volumes({ project: project.name })) await engine.removeVolume(name);
  });
  afterAll(() => harness?.close());

  const start = async (options: Parameters<typeof requestFor>[1]): Promise<number> => {
    const { port } = await harness.engine.start(await requestFor(harness, options));
    await vi.waitFor(() => greeting(port), { timeout: 10_000 });
    return port;
  };
  const spec = { volumes: { cache: '/data/cache' } };
  const write = (file: string, text: string): string =>
    `fs.writeFileSync('/data/cache/${file}', '${text}'), fs.readFileSync('/data/cache/${file}', 'utf8')`;

  it('can be written by the users of all functions that name one, who replace each other’s files', async () => {
    const [ada, other] = [await harness.withUser('ada'), await harness.withUser('1234')];
    const a = await start({ function: 'a', image: ada, spec });
    const b = await start({ function: 'b', image: other, spec });
    expect(await evaluate(a, write('x', 'of a'))).toBe('of a');
    expect(await evaluate(b, `fs.readFileSync('/data/cache/x', 'utf8')`)).toBe('of a');
    expect(await evaluate(b, write('y', 'of b'))).toBe('of b');
    const replace = `fs.renameSync('/data/cache/y', '/data/cache/x'), fs.readFileSync('/data/cache/x', 'utf8')`;
    expect(await evaluate(b, replace)).toBe('of b');
    expect(await evaluate(b, `fs.writeFileSync('/data/x', '')`)).toEqual({ error: 'EROFS' });
  });

  it('keep what a function wrote and the modes that it set, also of the volume itself', async () => {
    const image = await harness.withUser('1234');
    const first = await harness.engine.start(await requestFor(harness, { image, spec }));
    await vi.waitFor(() => greeting(first.port), { timeout: 10_000 });
    expect(await evaluate(first.port, write('x', 'kept'))).toBe('kept');
    expect(await evaluate(first.port, `fs.chmodSync('/data/cache', 0o700), 1`)).toBe(1);
    await harness.engine.remove(first.id);
    const port = await start({ image, spec });
    expect(await evaluate(port, `fs.readFileSync('/data/cache/x', 'utf8')`)).toBe('kept');
    expect(await evaluate(port, `fs.statSync('/data/cache').mode & 0o7777`)).toBe(0o700);
  });

  it('begin with what the image has at their path', async () => {
    const image = await harness.withUser('ada');
    const port = await start({ image, spec: { volumes: { seed: '/etc' } } });
    expect(await evaluate(port, `fs.readFileSync('/etc/group', 'utf8')`)).toBe('staff:x:50:\n');
    expect(await evaluate(port, `fs.writeFileSync('/etc/new', ''), fs.statSync('/etc/new').uid`)).toBe(4711);
  });

  it('are made once by starts at the same time, none of which is early', async () => {
    const image = await harness.withUser('1234');
    const ports = await Promise.all(['a', 'b', 'c'].map((name) => start({ function: name, image, spec })));
    const written = await Promise.all(ports.map((port, index) => evaluate(port, write(`f${index}`, 'x'))));
    expect(written).toEqual(['x', 'x', 'x']);
  });

  it('are made ready by the next start when a run was killed in the middle, whose rest a later one removes', async () => {
    const { docker, project } = harness;
    const image = await harness.withUser('1234');
    const name = volumeName(project, 'cache');
    await harness.addVolume(name, volumeLabels(project, 'cache'));
    const helper = await docker.createContainer({
      Image: image,
      Labels: { ...helperLabels(project, functionName('echo')) },
      HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/data/cache' }] as never },
    });
    try {
      expect(await evaluate(await start({ image, spec }), write('x', 'ready'))).toBe('ready');
      await expect(helper.inspect()).resolves.toBeDefined();
      const clock = { ...systemClock, now: () => Date.now() + 600_000 };
      const later = createDockerEngine({ socketPath: SOCKET, env: {}, clock });
      await later.start(await requestFor(harness, { image, spec, function: 'other' }));
      later.close();
      await expect(helper.inspect()).rejects.toMatchObject({ statusCode: 404 });
    } finally {
      await helper.remove({ v: true }).catch(() => undefined);
    }
  });
});
