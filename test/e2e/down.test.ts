import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sha256 } from '../../src/core/hash.ts';
import { importEmptyImage, importTestImage, removeTestImage } from '../support/engine-image.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';

describe('what is ours and what is not', () => {
  let project: TestProject;
  let image: string;
  const foreign: string[] = [];
  const foreignImages: string[] = [];

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f', '/g': 'g' } });
    project.python('f', 'def handler(event, context): return "f"\n');
    project.node('g', 'export default () => "g";\n');
    image = await importTestImage(docker);
    // Names like ours, and labels like ours but the one that counts.
    const labels = {
      'faaso.test': '1',
      'faaso.project': project.name,
      'faaso.function': 'f',
      'faaso.root': project.root,
    };
    for (const name of [
      `faaso-${project.name}-f-00000000`,
      `faaso-${project.name}-other`,
      `${project.name}-db`,
    ]) {
      const { id } = await docker.createContainer({ name, Image: image, Labels: labels, Env: ['PORT=3000'] });
      await docker.getContainer(id).start();
      foreign.push(id);
    }
    for (const reference of [`faaso/${project.name}/f:0000000000000000`, `${project.name}:latest`]) {
      await importEmptyImage(docker, reference, {});
      foreignImages.push(reference);
    }
  });
  afterAll(async () => {
    for (const id of foreign) await docker.getContainer(id).remove({ force: true, v: true });
    for (const reference of [...foreignImages, image])
      await removeTestImage(docker, reference).catch(() => undefined);
    await project.dispose();
  });

  const strangers = async (): Promise<unknown> => ({
    containers: await Promise.all(
      foreign.map(async (id) => {
        const { Id, State } = await docker.getContainer(id).inspect();
        return [Id, State.StartedAt, State.Running];
      }),
    ),
    images: await Promise.all(
      foreignImages.map(async (reference) => (await docker.getImage(reference).inspect()).Id),
    ),
  });
  const ours = async (): Promise<readonly number[]> => {
    const filters = { label: ['faaso.managed=true', `faaso.root=${project.root}`] };
    return [
      (await docker.listContainers({ all: true, filters })).length,
      (await docker.listNetworks({ filters })).length,
      (await docker.listImages({ filters })).length,
    ];
  };

  test('deploys, replacements and removals leave foreign containers and images alone', async () => {
    const before = await strangers();
    await project.deploy();
    project.python('f', 'def handler(event, context): return "f 2"\n');
    project.configure({ routes: { '/f': 'f' } });
    await project.deploy();
    await project.deploy();
    expect((await project.call('/f')).text).toBe('f 2');
    expect(await strangers()).toEqual(before);
  });

  test('down removes containers, network, router, daemon and sockets, and keeps images and files', async () => {
    const before = await strangers();
    const run = `/run/faaso/${sha256(project.root).slice(0, 12)}`;
    expect(existsSync(`${run}/control.sock`)).toBe(true);
    const { code, stdout, stderr } = await project.faaso('down');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /Removed 1 container\. The daemon has stopped\. faaso apply brings everything back\./,
    );
    const [containers, networks, images] = await ours();
    expect([containers, networks]).toEqual([0, 0]);
    expect(images).toBeGreaterThan(0);
    expect(project.daemonPid).toBeUndefined();
    expect(project.routerPid).toBeUndefined();
    expect(existsSync(`${run}/control.sock`)).toBe(false);
    expect(existsSync(`${run}/router.sock`)).toBe(false);
    await expect(project.call('/f')).rejects.toThrow('ECONNREFUSED');
    expect(await strangers()).toEqual(before);
  });

  test('a second down says that there is nothing', async () => {
    expect(await project.faaso('down')).toMatchObject({
      code: 0,
      stdout: 'Nothing to remove: nothing of this project runs.\n',
    });
    expect((await project.status()).functions.map((row) => row.reason)).toEqual([
      'taken down: faaso apply brings it back',
    ]);
    const { code, stdout } = await project.faaso('releases', 'f');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^2 \(down\)[^]*^1 /m) });
    expect(stdout).toContain('It was taken down. faaso apply f brings back what its files say.');
    expect((await project.faaso('rollback', 'f')).stderr).toBe(
      'error: f was taken down\n  hint: faaso apply f brings it back\n',
    );
  });

  test('an apply after it brings everything back, from the images that were kept', async () => {
    const applied = await project.deploy();
    expect(applied.events.some((event) => event.kind === 'build-log')).toBe(false);
    expect((await project.call('/f')).text).toBe('f 2');
  });

  test('a rollback holds over a down and an apply', async () => {
    expect((await project.faaso('rollback', 'f')).code).toBe(0);
    await project.faaso('down');
    expect((await project.faaso('plan')).stdout).toContain('held at release 1 (rolled back)');
    const { stdout } = await project.faaso('releases', 'f');
    expect(stdout).toContain('faaso apply f brings back release 1, unless its files change.');
    await project.deploy();
    expect((await project.call('/f')).text).toBe('f');
    expect(await project.row('f')).toMatchObject({ pinned: 1, state: 'running', restarts: 0 });
  });

  test('down --images without a daemon removes all of ours and nothing else', async () => {
    const before = await strangers();
    project.killDaemon();
    const { code, stdout } = await project.faaso('down', '--images');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Removed 1 container and \d images?\. faaso apply brings back everything but the releases to go back to\./,
    );
    expect(await ours()).toEqual([0, 0, 0]);
    expect(project.routerPid).toBeUndefined();
    expect(await strangers()).toEqual(before);
  });

  test('down ends a serve in another terminal, which says why', async () => {
    const serve = await project.start(['serve']).shows(/Serving on http/, 60_000);
    expect((await project.faaso('down')).code).toBe(0);
    expect(await serve.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Ended: taken down by "faaso down"\./),
    });
    expect(project.routerPid).toBeUndefined();
  });

  test('down works where functions.yml is broken, and where it is gone, from a folder below too', async () => {
    const written = project.read('functions.yml');
    for (const spoil of [
      () => project.write('functions.yml', 'routes: ['),
      () => rmSync(join(project.root, 'functions.yml')),
    ]) {
      project.write('functions.yml', written);
      await project.deploy();
      spoil();
      const { code, stdout } = await project.faaso('down', '-C', join(project.root, 'functions/f'));
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/Removed 1 container\./) });
      expect((await ours()).slice(0, 2)).toEqual([0, 0]);
    }
    expect(await project.faaso('down')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching('no functions.yml in'),
    });
    project.write('functions.yml', written);
  });
});
