import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLoad } from '../support/load.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import type { ContainerState } from '../support/project-containers.ts';
import { isAlive } from '../support/project-processes.ts';
import { until } from '../support/until.ts';

describe('processes that end', () => {
  let project: TestProject;
  let before: readonly ContainerState[];

  beforeAll(async () => {
    project = new TestProject({ routes: { '/a': 'a', '/b': 'b' } });
    project.python('a', 'def handler(event, context): return "a"\n');
    project.node('b', 'export default () => "b";\n');
    await project.deploy();
    before = await project.whenSettled(['a', 'b']);
  });
  afterAll(() => project.dispose());

  const isRight = (text: string): boolean => text === 'a';

  test('the daemon, killed: no request is lost, and the next apply takes over without a restart', async () => {
    const load = startLoad({ url: `${project.url}/a`, rate: 100, isRight });
    const router = project.routerPid;
    const pid = project.killDaemon();
    await until('the daemon is gone', () => !isAlive(pid));
    const { control, functions } = await project.status();
    expect(control).toMatchObject({ state: 'stopped', pid: null });
    expect(functions.map(({ name, state }) => ({ name, state }))).toEqual([
      { name: 'a', state: 'running' },
      { name: 'b', state: 'running' },
    ]);
    const applied = await project.deploy();
    expect(applied.answer).toMatchObject({ changed: [], unchanged: ['a', 'b'] });
    expect(applied.answer?.daemonStarted).toBe(project.daemonPid);
    expect(await load.stop()).toMatchObject({ lost: [] });
    expect(await project.containers()).toEqual(before);
    expect(project.routerPid).toBe(router);
  });

  test('a restart of the daemon loses none either', async () => {
    const load = startLoad({ url: `${project.url}/a`, rate: 100, isRight });
    const router = project.routerPid;
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    await until(
      'it has taken over',
      async () =>
        (await project.row('a')).since !== null && (await project.status()).router.state === 'serving',
    );
    expect(await load.stop()).toMatchObject({ lost: [] });
    expect(await project.containers()).toEqual(before);
    expect(project.routerPid).toBe(router);
  });

  test('the daemon, killed: a serve takes over what runs', async () => {
    const router = project.routerPid;
    project.killDaemon();
    const serve = await project.start(['serve']).shows(/Serving on http/);
    expect(project.routerPid).toBe(router);
    expect(await project.containers()).toEqual(before);
    expect((await project.call('/b')).text).toBe('b');
    expect((await serve.interrupt()).code).toBe(0);
    await project.deploy();
  });

  test('the data plane, killed: it is back within seconds, with its routes and at its address', async () => {
    const pid = project.killRouter();
    const killedAt = performance.now();
    await until('the data plane is gone', () => !isAlive(pid));
    await project.whenAnswers('/a', 'a', 10_000);
    expect(performance.now() - killedAt).toBeLessThan(3000);
    expect((await project.call('/b')).text).toBe('b');
    expect((await project.call('/none')).status).toBe(404);
    expect(project.routerPid).not.toBe(pid);
    expect(await project.containers()).toEqual(before);
    expect((await project.status()).router.state).toBe('serving');
  });

  test('both, killed: the next apply brings everything back without restarting a function', async () => {
    project.killDaemon();
    project.killRouter();
    expect((await project.status()).control.state).toBe('stopped');
    await project.deploy();
    expect((await project.call('/a')).text).toBe('a');
    expect(await project.containers()).toEqual(before);
  });

  test('both, killed: "daemon restart" alone brings everything back, and the router listens when it is done', async () => {
    project.killDaemon();
    project.killRouter();
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    expect((await project.status()).router.state).toBe('serving');
    await until('a and b answer', async () => {
      project.url = (await project.status()).router.listen;
      return (await project.call('/a')).text === 'a' && (await project.call('/b')).text === 'b';
    });
    expect(await project.containers()).toEqual(before);
  });

  test('the daemon and a function, killed: what failed meanwhile is healed by the next daemon', async () => {
    project.killDaemon();
    await docker.getContainer((await project.container('a')).id).kill();
    expect(await project.row('a')).toMatchObject({
      state: 'stopped',
      reason: 'the process exited with code 137',
    });
    await project.deploy();
    await project.whenAnswers('/a', 'a');
    expect(await project.container('b')).toEqual(before.find((item) => item.function === 'b'));
  });
});
