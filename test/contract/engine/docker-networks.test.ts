import { networkInterfaces } from 'node:os';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { networkName } from '../../../src/engine/labels.ts';
import { evaluate, greeting } from '../../support/engine-program.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness } from './docker-harness.ts';
import { requestFor } from './harness.ts';

describe('networks of a container', () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(() => harness?.close());

  const start = async (options: Parameters<typeof requestFor>[1]): Promise<{ id: string; port: number }> => {
    const instance = await harness.engine.start(await requestFor(harness, options));
    await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
    return instance;
  };
  const reach = (host: string): string => `child.spawnSync('/node', ['-e', \`
    require('node:http').get('http://${host}:3000', (answer) => answer.pipe(process.stdout)).on('error', (error) => process.stdout.write(error.code));
    setTimeout(() => process.exit(), 3000).unref();\`]).stdout.toString()`;

  it('lead to other containers by name, and the project’s own to none', async () => {
    const { docker, image, project } = harness;
    const name = `${project.name}-backend`;
    await harness.addNetwork(name);
    const database = await docker.createContainer({
      Image: image,
      Env: ['PORT=3000', 'FAASO_FUNCTION=database'],
      Labels: { 'faaso.test': '1' },
      HostConfig: { NetworkMode: name },
      NetworkingConfig: { EndpointsConfig: { [name]: { Aliases: ['db'] } } },
    });
    try {
      await database.start();
      const joined = await start({ function: 'joined', spec: { networks: [name] } });
      const apart = await start({ function: 'apart' });
      expect(await evaluate(joined.port, reach('db'))).toBe('hello from database');
      expect(await evaluate(apart.port, reach('db'))).toMatch(/ENOTFOUND|EAI_AGAIN/);
      const { NetworkSettings: settings } = await docker.getContainer(apart.id).inspect();
      const address = settings.Networks[networkName(project)]?.IPAddress ?? '';
      expect(await evaluate(joined.port, reach(address))).not.toContain('hello');
    } finally {
      await database.remove({ force: true, v: true });
    }
  });

  it('may have no way out, and the port is on loopback still, and nowhere else', async () => {
    const { docker, project } = harness;
    const inner = await docker.createNetwork({
      Name: `aaa-${project.name}`,
      Internal: true,
      Labels: { 'faaso.test': '1' },
    });
    try {
      const { id, port } = await start({ spec: { networks: [`aaa-${project.name}`] } });
      const { NetworkSettings: settings } = await docker.getContainer(id).inspect();
      expect(settings.Ports['3000/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: String(port) }]);
      expect(Object.keys(settings.Networks).sort()).toEqual([`aaa-${project.name}`, networkName(project)]);
      const outside = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .find(({ internal, family }) => !internal && family === 'IPv4');
      const address = outside?.address ?? '127.0.0.2';
      await expect(
        fetch(`http://${address}:${port}/`, { signal: AbortSignal.timeout(3000) }),
      ).rejects.toThrow(/fetch failed|aborted/);
    } finally {
      await sweep(harness);
      await inner.remove();
    }
  });

  it('may not be that of another project, whose functions are reached over its router alone', async () => {
    const { engine, project, other } = harness;
    await engine.start(await requestFor(harness, { project: other }));
    const name = networkName(other);
    await expect(
      engine.start(await requestFor(harness, { spec: { networks: [name], volumes: { none: '/data' } } })),
    ).rejects.toMatchObject({
      code: 'start-failed',
      message: `the network ${name} cannot be joined: it is ${other.name}'s own`,
      hint: expect.stringContaining('router'),
    });
    expect(await engine.instances({ project: project.name })).toEqual([]);
    expect(await engine.volumes({ project: project.name })).toEqual([]);
  });

  it.each([
    ['host', "it is the host's own, and a function must stay apart from the host"],
    ['none', 'it connects nothing'],
  ])('may not be %s', async (name, reason) => {
    const request = await requestFor(harness, { spec: { networks: [name] } });
    await expect(harness.engine.start(request)).rejects.toMatchObject({
      code: 'start-failed',
      message: `the network ${name} cannot be joined: ${reason}`,
    });
    expect(await harness.engine.instances({ project: harness.project.name })).toEqual([]);
  });
});
