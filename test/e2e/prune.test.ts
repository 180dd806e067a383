import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { DiskAnswer, PruneAnswer } from '../../src/core/disk.ts';
import { sha256 } from '../../src/core/hash.ts';
import { importEmptyImage, importTestImage, removeTestImage } from '../support/engine-image.ts';
import { docker } from '../support/local-engine.ts';
import { processesNaming } from '../support/project-processes.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

describe('what stays on the disk and what goes', () => {
  let project: TestProject;
  let image: string;
  const foreign: string[] = [];
  const foreignImages: string[] = [];

  const handler = (version: number): string => `def handler(event, context): return "${version}"\n`;
  const prune = async (...args: readonly string[]): Promise<PruneAnswer> => {
    const { code, stdout, stderr } = await project.faaso('prune', '--json', ...args);
    if (code !== 0) throw new Error(stdout + stderr);
    const answer = JSON.parse(stdout) as PruneAnswer;
    // Folders of sockets are the machine's: other runs leave some now and then.
    return { ...answer, removed: answer.removed.filter(({ kind }) => kind !== 'folder') };
  };
  const disk = async (): Promise<DiskAnswer> =>
    JSON.parse((await project.faaso('status', '--disk', '--json')).stdout) as DiskAnswer;
  const reasons = ({ removed }: PruneAnswer): readonly string[] => removed.map((item) => item.reason).sort();
  /** Strangers carry the project's root as a label too. */
  const settled = async (...names: readonly string[]): Promise<void> => {
    await until(`one container for each of ${names.join()}`, async () => {
      const own = (await project.containers()).filter((item) => item.function !== '');
      return own.map((item) => item.function).join() === names.join();
    });
  };
  const imagesOf = async (name: string): Promise<readonly string[]> => {
    const filters = { reference: [`faaso/${project.name}/${name}`] };
    return (await docker.listImages({ filters })).flatMap((item) => item.RepoTags ?? []);
  };
  const strangers = async (): Promise<unknown> => ({
    containers: await Promise.all(
      foreign.map(async (id) => {
        const { Id, State } = await docker.getContainer(id).inspect();
        return [Id, State.StartedAt, State.Running];
      }),
    ),
    images: await Promise.all(foreignImages.map(async (name) => (await docker.getImage(name).inspect()).Id)),
  });

  beforeAll(async () => {
    project = new TestProject({
      routes: { '/f': 'f', '/g': 'g' },
      functions: { g: { volumes: { cache: '/data' } } },
    });
    project.python('f', handler(0));
    project.python('g', handler(0));
    image = await importTestImage(docker);
    // Names like ours, and labels like ours but the one that counts.
    const Labels = { 'faaso.test': '1', 'faaso.project': project.name, 'faaso.root': project.root };
    const names = [`faaso-${project.name}`, `faaso-${project.name}-f-0`, `${project.name}-f`, 'faaso', 'f'];
    for (const name of names) {
      const { id } = await docker.createContainer({
        name: `${name}-${project.name}`,
        Image: image,
        Labels,
        Env: ['PORT=3000'],
      });
      await docker.getContainer(id).start();
      foreign.push(id);
    }
    for (const repo of [
      `faaso/${project.name}/f`,
      `faaso/${project.name}`,
      project.name,
      `faaso/${project.name}x/f`,
    ]) {
      await importEmptyImage(docker, `${repo}:foreign`, Labels);
      foreignImages.push(`${repo}:foreign`);
    }
    for (let version = 1; version <= 3; version += 1) {
      project.python('f', handler(version));
      await project.deploy();
    }
    await settled('f', 'g');
  }, 120_000);
  afterAll(async () => {
    for (const id of foreign) await docker.getContainer(id).remove({ force: true, v: true });
    for (const name of [...foreignImages, image]) await removeTestImage(docker, name).catch(() => undefined);
    await project.dispose();
  });

  test('what runs and its two earlier releases stay; a dry run says what more would go and removes nothing', async () => {
    const before = await strangers();
    expect(await prune()).toMatchObject({
      removed: [],
      inUse: [],
      kept: [{ option: '--all' }, { option: '--all' }],
    });
    const dry = await prune('--all', '--dry-run');
    expect([dry.dryRun, reasons(dry), dry.freedBytes > 0]).toEqual([true, ['rollback', 'rollback'], true]);
    expect(await imagesOf('f')).toHaveLength(4);
    expect(await strangers()).toEqual(before);
  });

  test('what a later build took the tag of goes, and what somebody runs by hand stays', async () => {
    const container = (await project.containers()).filter((item) => item.function === 'f');
    const labels = {
      'faaso.managed': 'true',
      'faaso.project': project.name,
      'faaso.root': project.root,
      'faaso.function': 'old',
    };
    const tag = `faaso/${project.name}/old:${'1'.repeat(16)}`;
    await importEmptyImage(docker, tag, { ...labels, 'faaso.revision': '1'.repeat(16) });
    await importEmptyImage(docker, tag, { ...labels, 'faaso.revision': '2'.repeat(16) });
    project.python('f', handler(9));
    expect((await project.faaso('build', 'f')).code).toBe(0);
    const dry = await prune('--dry-run');
    expect(reasons(dry)).toEqual(['function-gone', 'untagged']);
    const built = dry.kept.filter((item) => item.reason === 'not-applied').map((item) => item.id);
    expect(built).toHaveLength(1);
    const byHand = await docker.createContainer({ Image: built[0] ?? '', Labels: { 'faaso.test': '1' } });
    try {
      const answer = await prune('--all');
      expect(reasons(answer)).toEqual(['function-gone', 'rollback', 'rollback', 'untagged']);
      expect(answer.inUse).toEqual([]);
      expect(await imagesOf('f')).toEqual(expect.arrayContaining(built));
      expect(await imagesOf('old')).toEqual([]);
    } finally {
      await byHand.remove({ force: true, v: true });
    }
    expect((await project.containers()).filter((item) => item.function === 'f')).toEqual(container);
    expect(await prune('--all')).toMatchObject({ removed: [{ id: built[0] }] });
    expect((await project.call('/f')).text).toBe('3');
    project.python('f', handler(3));
  });

  test('data that nothing names any more is shown, and goes only when asked for with a yes', async () => {
    const volume = `faaso-${project.name}-cache`;
    expect((await disk()).volumes).toMatchObject([
      { volume: 'cache', name: volume, inUse: true, named: true },
    ]);
    project.configure({ routes: { '/f': 'f' }, functions: {} });
    await project.deploy();
    await settled('f');
    const shown = await disk();
    expect(shown.volumes).toMatchObject([{ volume: 'cache', inUse: false, named: false }]);
    expect(shown.prunable).toMatchObject([{ count: 1 }, { count: 0 }, { option: '--volumes', count: 1 }]);
    expect(await prune()).toMatchObject({
      removed: [{ kind: 'image', reason: 'function-gone', function: 'g' }],
      kept: [{ kind: 'volume', id: volume }],
    });
    const unasked = await project.faaso('prune', '--volumes');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toMatch(volume);
    expect(unasked.stderr).toMatch('nobody can be asked here whether to remove 1 volume with its data');
    await docker.getVolume(volume).inspect();
    expect(await prune('--volumes', '--yes')).toMatchObject({ removed: [{ kind: 'volume', id: volume }] });
    await expect(docker.getVolume(volume).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('files that a writer left half-written go, and those of one that may still write stay', async () => {
    const name = (digit: string): string =>
      join(project.root, '.faaso/state', `applied.json.${digit.repeat(12)}.tmp`);
    const [left, written] = [name('a'), name('b')];
    for (const path of [left, written]) writeFileSync(path, '{');
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(left, old, old);
    expect(await prune()).toMatchObject({ removed: [{ kind: 'file', id: left, reason: 'half-written' }] });
    expect([existsSync(left), existsSync(written)]).toEqual([false, true]);
    rmSync(written);
  });

  test('it works without a daemon, and not without an engine', async () => {
    project.killDaemon();
    expect(await prune('--all')).toMatchObject({ removed: [], kept: [] });
    for (const args of [['prune'], ['status', '--disk']]) {
      const away = await project.start(args, { DOCKER_HOST: 'unix:///nowhere/docker.sock' }).ended;
      expect([away.code, away.stdout]).toEqual([1, '']);
      expect(away.stderr).toMatch(/^error: .*\/nowhere\/docker\.sock/);
    }
    expect((await project.call('/f')).text).toBe('3');
  });

  test('down with all its options leaves nothing behind but files', async () => {
    const before = await strangers();
    project.configure({ functions: { f: { volumes: { data: '/data' } } } });
    project.python('f', handler(4));
    await project.deploy();
    await settled('f');
    const { code, stdout } = await project.faaso('down', '--images', '--volumes');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Removed 1 container, \d images? and 1 volume with data\./);
    rmSync(join(project.root, '.faaso'), { recursive: true });
    const filters = { label: ['faaso.managed=true', `faaso.project=${project.name}`] };
    expect([
      await docker.listContainers({ all: true, filters }),
      (await docker.listVolumes({ filters })).Volumes ?? [],
      await docker.listNetworks({ filters }),
      await docker.listImages({ all: true, filters }),
    ]).toEqual([[], [], [], []]);
    const named = await docker.listVolumes({ filters: { name: [`faaso-${project.name}`] } });
    expect(named.Volumes ?? []).toEqual([]);
    const run = sha256(project.root).slice(0, 12);
    expect(existsSync(`/run/faaso/${run}`)).toBe(false);
    expect([...processesNaming(`${project.root}/`), ...processesNaming(run)]).toEqual([]);
    expect(await strangers()).toEqual(before);
    expect((await project.faaso('status', '--disk')).stdout).toBe(
      `Nothing of ${project.name} is on the engine's disk.\n`,
    );
  });
});
