import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';

const COUNTER = `def handler(event, context):
    with open('/data/count', 'a+') as file:
        file.write('x')
        file.seek(0)
        return str(len(file.read()))
`;

describe('a project that lost its state, and one that gets another name', () => {
  let project: TestProject;
  const volumes: string[] = [];

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f' }, functions: { f: { volumes: { cache: '/data' } } } });
    project.python('f', COUNTER);
    await project.deploy();
    await project.whenAnswers('/f', '1');
    volumes.push(`faaso-${project.name}-cache`, `faaso-${project.name}-new-cache`);
  });
  afterAll(async () => {
    await project.faaso('down', '--images', '--volumes');
    await project.dispose();
    for (const volume of volumes)
      await docker
        .getVolume(volume)
        .remove()
        .catch(() => undefined);
  });

  test('what serves is shown as running although nothing says that it was applied', async () => {
    project.killDaemon();
    rmSync(join(project.root, '.faaso/state'), { recursive: true });
    const { functions, problems } = await project.status();
    expect(functions).toMatchObject([
      { name: 'f', state: 'running', release: 1, routes: ['/f'], changed: [] },
    ]);
    expect(problems.join('\n')).toContain('what was applied is lost, and functions run on');
    const before = await project.containers();
    await project.deploy();
    expect(await project.containers()).toEqual(before);
    expect((await project.status()).problems).toEqual([]);
  });

  test('a new name says where the data stays, and the commands of the README take it along', async () => {
    const old = project.name;
    project.configure({ name: `${old}-new` });
    const refused = await project.faaso('apply');
    expect(refused.stderr).toContain('"Rename" in the README says how to copy the data');
    project.configure({ name: old });
    await project.faaso('down');
    project.configure({ name: `${old}-new` });
    await project.deploy();
    expect((await project.call('/f')).text).toBe('1');
    const told = `Volume faaso-${old}-cache holds data of this folder's project from when its name was ${old}.`;
    for (const verb of [['status', '--disk'], ['prune'], ['prune', '--volumes', '--yes']])
      expect((await project.faaso(...verb)).stdout).toContain(told);
    expect((await project.faaso('doctor')).stdout.replace(/\s+/g, ' ')).toContain(
      `volume faaso-${old}-cache holds data from when the project's name was ${old}`,
    );
    expect((await project.faaso('doctor')).stdout).toContain(`docker rmi faaso/${old}/f:`);
    expect((await project.faaso('prune')).stdout).toContain('of a former name. To remove: faaso prune --all');
    expect((await project.faaso('prune', '--all')).stdout).toContain(`faaso/${old}/f:`);
    expect((await project.faaso('doctor')).stdout).not.toContain(`docker rmi faaso/${old}/f:`);
    const mounts = ['-v', `faaso-${old}-cache:/from:ro`, '-v', `faaso-${old}-new-cache:/to`];
    const copy = ['cp', '-a', '/from/.', '/to'];
    execFileSync('docker', ['run', '--rm', ...mounts, 'faaso/base-debian:bookworm', ...copy]);
    await project.faaso('restart');
    expect((await project.call('/f')).text).toBe('2');
  });
});
