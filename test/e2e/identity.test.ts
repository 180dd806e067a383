import { cpSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startLoad } from '../support/load.ts';
import { freePort } from '../support/ports.ts';
import { isAlive } from '../support/project-processes.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const HANDLER = 'def handler(event, context): return "first"\n';

describe('whose project it is', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f' } });
    project.python('f', HANDLER);
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test('a second folder with the same name is refused, naming both', async () => {
    const before = await project.containers();
    const clone = new TestProject(project.settings, { name: project.name });
    onTestFinished(() => clone.dispose(), 60_000);
    clone.python('f', HANDLER);
    for (const verb of ['plan', 'apply']) {
      const refused = await clone.faaso(verb);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(`a project named "${project.name}" runs from ${project.root} already`);
      expect(refused.stderr).toMatch(`this one lies in ${clone.root}`);
      expect(refused.stderr).toMatch(`faaso down -C ${project.root}`);
    }
    expect(await project.containers()).toEqual(before);
    expect(await clone.containers()).toEqual([]);
    expect((await project.call('/f')).text).toBe('first');
  });

  test('a copy of the folder, with its state, disturbs nothing under another name', async () => {
    const before = await project.containers();
    const copy = new TestProject({ ...project.settings }, { base: temporary() });
    onTestFinished(() => copy.dispose(), 60_000);
    rmSync(copy.root, { recursive: true });
    cpSync(project.root, copy.root, { recursive: true });
    const refused = await copy.faaso('apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(`runs from ${project.root} already`);
    const notMine = await copy.faaso('down');
    expect(notMine.code).toBe(2);
    expect(notMine.stderr).toMatch(`runs from ${project.root} already`);
    expect(await project.containers()).toEqual(before);
    copy.configure({ name: copy.name, ports: '20800-20899' });
    await copy.deploy();
    expect(copy.url).not.toBe(project.url);
    expect((await copy.call('/f')).text).toBe('first');
    expect((await project.call('/f')).text).toBe('first');
    expect(await project.containers()).toEqual(before);
    expect((await copy.faaso('down', '--images')).code).toBe(0);
    expect(await project.containers()).toEqual(before);
    await project.deploy();
    expect(await project.containers()).toEqual(before);
  });

  test('the applied state is rebuilt from the containers when its folder was deleted', async () => {
    const before = await project.containers();
    await project.faaso('daemon', 'stop');
    rmSync(join(project.root, '.faaso/state'), { recursive: true });
    expect((await project.row('f')).state).toBe('running');
    const applied = await project.deploy();
    expect(applied.answer).toMatchObject({ changed: [], unchanged: ['f'] });
    expect(await project.containers()).toEqual(before);
    expect((await project.call('/f')).text).toBe('first');
  });

  test('the same while the daemon runs: the next commit writes it anew', async () => {
    rmSync(join(project.root, '.faaso/state/applied.json'));
    const before = await project.containers();
    expect((await project.deploy()).answer).toMatchObject({ unchanged: ['f'] });
    expect(await project.containers()).toEqual(before);
    project.python('f', HANDLER.replace('first', 'second'));
    await project.deploy();
    expect(JSON.parse(project.read('.faaso/state/applied.json'))).toMatchObject({ name: project.name });
    await project.whenSettled(['f']);
  });

  test('a folder that moved is taken over without a restart', async () => {
    const [before] = await project.containers();
    project.killDaemon();
    const moved = new TestProject(project.settings, { name: project.name, base: temporary() });
    onTestFinished(() => moved.dispose(), 60_000);
    rmSync(moved.root, { recursive: true });
    renameSync(project.root, moved.root);
    const applied = await moved.deploy();
    expect(applied.answer).toMatchObject({ changed: [], unchanged: ['f'] });
    expect((await moved.call('/f')).text).toBe('second');
    // The labels name the old folder until the next release.
    expect(await project.containers()).toEqual([before]);
    moved.python('f', HANDLER.replace('first', 'third'));
    await moved.deploy();
    expect((await moved.call('/f')).text).toBe('third');
    await moved.whenSettled(['f']);
    await until('the old one is gone', async () => (await project.containers()).length === 0);
    mkdirSync(project.root, { recursive: true });
  });
});

test('a folder that moves while its daemon runs is taken over too: at the same address, without a lost request', async () => {
  const router = { listen: `127.0.0.1:${await freePort()}` };
  const project = new TestProject({ routes: { '/f': 'f' }, router });
  const moved = new TestProject(project.settings, { name: project.name, base: temporary() });
  try {
    project.python('f', HANDLER);
    await project.deploy();
    const before = await project.containers();
    const daemon = project.daemonPid ?? 0;
    const routerPid = project.routerPid ?? 0;
    rmSync(moved.root, { recursive: true });
    const load = startLoad({ url: `${project.url}/f`, rate: 100, isRight: (text) => text === 'first' });
    try {
      renameSync(project.root, moved.root);
      const status = await moved.status();
      expect(status.router.state).toBe('serving');
      expect(status.problems).toContainEqual(expect.stringContaining(`the folder was at ${project.root}: `));
      await moved.deploy();
      expect(moved.url).toBe(project.url);
      expect([isAlive(daemon), isAlive(routerPid)]).toEqual([false, true]);
      const count = load.answered.length;
      await until('it serves on', () => load.answered.length > count + 20);
    } finally {
      expect((await load.stop()).lost).toEqual([]);
    }
    expect((await moved.call('/f')).text).toBe('first');
    // It was started with the name of the other folder.
    expect((await moved.faaso('doctor')).stdout).toMatch(/^ok +router +answers at /m);
    expect(await project.containers()).toEqual(before);
    moved.python('f', HANDLER.replace('first', 'moved'));
    await moved.deploy();
    expect((await moved.call('/f')).text).toBe('moved');
    await moved.whenSettled(['f']);
  } finally {
    await moved.dispose();
    await project.dispose();
  }
});

test('a name that changes while the old one is applied is refused with what to do', async () => {
  const project = new TestProject({ routes: { '/f': 'f' } });
  try {
    project.python('f', HANDLER);
    await project.deploy();
    const before = await project.containers();
    project.configure({ name: `${project.name}-b` });
    const { code, stderr } = await project.faaso('apply');
    expect(code).toBe(2);
    expect(stderr).toMatch(`the project's name changed from "${project.name}" to "${project.name}-b"`);
    expect(stderr).toMatch(`put "name: ${project.name}" back`);
    expect(await project.containers()).toEqual(before);
    expect((await project.call('/f')).text).toBe('first');
    project.configure({ name: project.name });
    expect((await project.deploy()).answer).toMatchObject({ unchanged: ['f'] });
  } finally {
    await project.dispose();
  }
});

function temporary(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'faaso-e2e-')));
}
