import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { LABELS, networkName, projectLabels } from '../../../src/engine/labels.ts';
import { sweep } from './contract.ts';
import type { DockerHarness } from './docker-harness.ts';
import { openDockerHarness } from './docker-harness.ts';
import { requestFor } from './harness.ts';

describe('what the Docker engine shares with others', () => {
  let harness: DockerHarness;
  beforeAll(async () => {
    harness = await openDockerHarness();
  });
  afterEach(() => sweep(harness));
  afterAll(() => harness?.close());

  it('refuses to use a network of the same name that is not ours, and leaves it alone', async () => {
    const { docker, engine, project } = harness;
    await engine.removeNetwork(project);
    const foreign = await docker.createNetwork({ Name: networkName(project), Labels: { 'faaso.test': '1' } });
    try {
      await expect(engine.start(await requestFor(harness))).rejects.toMatchObject({ code: 'engine-error' });
      await engine.removeNetwork(project);
      expect((await docker.listNetworks({ filters: { id: [foreign.id] } })).length).toBe(1);
    } finally {
      await foreign.remove();
    }
  });

  it('passes over containers whose labels are broken', async () => {
    const { docker, engine, image, project } = harness;
    const broken = await docker.createContainer({
      Image: image,
      Labels: { ...projectLabels(project), [LABELS.function]: 'Not A Name', [LABELS.port]: 'many' },
    });
    try {
      expect(await engine.instances({ project: project.name })).toEqual([]);
    } finally {
      await broken.remove({ v: true });
    }
  });

  it('shows an instance without a release when that label alone is broken', async () => {
    const { docker, engine, project } = harness;
    const request = await requestFor(harness);
    const started = await engine.start(request);
    const { Config: config } = await docker.getContainer(started.id).inspect();
    await engine.remove(started.id);
    const container = await docker.createContainer({
      Image: harness.image,
      Labels: { ...config.Labels, [LABELS.release]: '{"number":1}' },
    });
    const [instance] = await engine.instances({ project: project.name });
    expect(instance).toMatchObject({ id: container.id, function: 'echo', status: { kind: 'created' } });
    expect(instance).not.toHaveProperty('release');
  });

  it('takes the next name where a container that is not ours has the first', async () => {
    const { docker, engine, image, project } = harness;
    const first = await engine.start(await requestFor(harness));
    await engine.remove(first.id);
    const foreign = await docker.createContainer({
      Image: image,
      name: first.name,
      Labels: { 'faaso.test': '1' },
    });
    try {
      const next = await engine.start(await requestFor(harness));
      expect(next.name).toBe(`${first.name}-1`);
      expect((await engine.instances({ project: project.name })).length).toBe(1);
    } finally {
      await foreign.remove({ v: true });
    }
  });

  it('gives images of the same content the same identity, whatever their ids', async () => {
    const { engine, project } = harness;
    await harness.addImage(`${project.name}/twin:1`, { a: '1' });
    await harness.addImage(`${project.name}/twin:2`, { a: '1' });
    await harness.addImage(`${project.name}/twin:3`, { a: '2' });
    const [one, two, three] = await Promise.all(
      ['1', '2', '3'].map((tag) => engine.image(`${project.name}/twin:${tag}`)),
    );
    expect(one?.identity).toMatch(/^[0-9a-f]{16}$/);
    expect(two?.id).not.toBe(one?.id);
    expect(two?.identity).toBe(one?.identity);
    expect(three?.identity).not.toBe(one?.identity);
  });

  it('keeps the image of a running instance when its tag is removed', async () => {
    const { docker, engine, image, project } = harness;
    const request = await requestFor(harness);
    const container = await docker.createContainer({ Image: image, Labels: { 'faaso.test': '1' } });
    try {
      await container.commit({
        repo: `${project.name}/ours`,
        tag: '1',
        changes: `LABEL ${LABELS.managed}=true`,
      });
    } finally {
      await container.remove({ v: true });
    }
    const reference = `${project.name}/ours:1`;
    const instance = await engine.start({ ...request, release: { ...request.release, image: reference } });
    await engine.removeImage(reference);
    expect(await engine.instance(instance.id)).toMatchObject({ status: { kind: 'running' } });
    await engine.remove(instance.id);
    await engine.removeImage(reference);
    expect(await engine.image(reference)).toBeUndefined();
  });
});
