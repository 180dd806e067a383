import { renameSync } from 'node:fs';

import { expect, test } from 'vitest';

import { startHungEngine } from '../support/engine-hung.ts';
import { occupyPort } from '../support/ports.ts';
import { ENGINE_SOCKET } from '../support/local-engine.ts';
import { testProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';
import { startSocketProxy } from '../support/socket-proxy.ts';
import { until } from '../support/until.ts';

const HANDLER = 'def handler(event, context): return "ok"\n';

function small(): TestProject {
  const project = testProject({ routes: { '/f': 'f' } });
  project.python('f', HANDLER);
  return project;
}

test('without an engine one-shot verbs fail at once, naming the socket and what to do', async () => {
  const project = small();
  const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  for (const verb of [['plan'], ['apply'], ['build'], ['logs'], ['down']]) {
    const { code, stderr, durationMs } = await project.start(verb, nowhere).ended;
    expect({ verb, code }).toEqual({ verb, code: 1 });
    expect(stderr).toMatch('/nonexistent/docker.sock');
    expect(stderr).toMatch(/hint: /);
    // 2 s are the goal on a machine of its own.
    expect(durationMs).toBeLessThan(8000);
  }
  const status = await project.start(['status', '--json'], nowhere).ended;
  expect(status.code).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({ engine: { state: 'unreachable' } });
  expect(project.daemonPid).toBeUndefined();
  const remote = await project.start(['apply', '--json'], { DOCKER_HOST: 'tcp://127.0.0.1:2375' }).ended;
  expect(remote.code).toBe(1);
  expect(remote.stdout + remote.stderr).toMatch(/engine-unsupported/);
});

test('serve waits for an engine, says so, and converges when one appears', async () => {
  const project = small();
  const proxy = await startSocketProxy(ENGINE_SOCKET);
  try {
    await proxy.cut();
    const serve = project.start(['serve'], { DOCKER_HOST: `unix://${proxy.path}` });
    await serve.shows(/engine +unreachable/);
    expect((await project.status()).control.state).toBe('running');
    await proxy.mend();
    await serve.shows(/Serving on http/, 60_000);
    project.url = (await project.status()).router.listen;
    expect((await project.call('/f')).text).toBe('ok');

    await proxy.cut();
    await until('it notices', () => serve.output.split('unreachable').length > 2, 30_000);
    expect((await project.call('/f')).text).toBe('ok');
    const refused = await project.apply();
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/engine-unreachable/);
    expect((await project.status()).engine.state).toBe('unreachable');
    await proxy.mend();
    await until(
      'it sees the engine again',
      async () => (await project.status()).engine.state === 'connected',
    );
    expect((await project.deploy()).answer).toMatchObject({ unchanged: ['f'] });
    expect((await serve.interrupt()).code).toBe(0);
  } finally {
    await proxy.close();
  }
});

test('Ctrl-C ends a serve that waits for an engine', async () => {
  const project = small();
  const serve = project.start(['serve'], { DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  await serve.shows(/engine +unreachable/);
  const { durationMs, code } = await serve.interrupt();
  expect(durationMs).toBeLessThan(30_000);
  expect([0, 130]).toContain(code);
  expect(project.daemonPid).toBeUndefined();
});

test(
  'an engine that hangs: verbs end with a deadline, requests are answered on',
  { timeout: 120_000 },
  async () => {
    const project = small();
    const hung = await startHungEngine();
    try {
      await project.deploy();
      await project.faaso('daemon', 'stop');
      hung.flow();
      const serve = await project.start(['serve'], { DOCKER_HOST: hung.host }).shows(/Serving on http/);
      project.url = (await project.status()).router.listen;
      hung.hang();
      const [applied, answer] = await Promise.all([project.apply(), project.call('/f')]);
      expect(answer.text).toBe('ok');
      expect(applied.code).toBe(1);
      expect(applied.text).toMatch(/engine-timeout/);
      expect(applied.durationMs).toBeLessThan(45_000);
      expect((await project.call('/f')).text).toBe('ok');
      expect(hung.open()).toBeLessThan(50);
      hung.flow();
      expect((await project.deploy()).answer).toMatchObject({ unchanged: ['f'] });
      expect((await serve.interrupt()).code).toBe(0);
    } finally {
      await hung.close();
    }
  },
);

test('a range of ports that is used up fails what needs one more, naming the range', async () => {
  const project = testProject({ routes: { '/f': 'f', '/g': 'g' } });
  const first = Number((project.settings.ports ?? '').split('-')[0]);
  project.configure({ ports: `${first}-${first + 1}` });
  project.python('f', HANDLER);
  project.python('g', HANDLER);
  const refused = await project.faaso('apply');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/functions\.yml:\d+:\d+ +2 ports are too few for 2 functions/);

  const range = `${first}-${first + 2}`;
  project.configure({ ports: range });
  await project.deploy();
  const used = (await project.status()).functions.map((row) => row.port);
  const free = [first, first + 1, first + 2].find((port) => !used.includes(port)) ?? 0;
  const other = await occupyPort(free);
  try {
    project.python('f', HANDLER.replace('ok', 'new'));
    const applied = await project.apply();
    expect(applied.code).toBe(3);
    expect(applied.outcomes['f']).toMatchObject({
      kind: 'failed',
      step: 'start-instance',
      error: { code: 'ports-exhausted', message: expect.stringContaining(range) },
      serving: { release: 1, paths: ['/f'] },
    });
    expect((await project.call('/f')).text).toBe('ok');
  } finally {
    await other.release();
  }
  await project.deploy();
  expect((await project.call('/f')).text).toBe('new');
});

test('a port of the range that another program holds is skipped', async () => {
  const project = testProject({ routes: { '/f': 'f' } });
  const first = Number((project.settings.ports ?? '').split('-')[0]);
  project.python('f', HANDLER);
  const other = await occupyPort(first);
  try {
    await project.deploy();
    expect((await project.row('f')).port).toBe(first + 1);
    expect((await project.call('/f')).text).toBe('ok');
    await project.whenSettled(['f']);
  } finally {
    await other.release();
  }
});

test('a front port that is in use is refused with its owner, and nothing is left behind', async () => {
  const other = await occupyPort(0);
  try {
    const project = testProject({ routes: { '/f': 'f' }, router: { listen: `127.0.0.1:${other.port}` } });
    project.python('f', HANDLER);
    const { code, stderr } = await project.faaso('apply');
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${other.port} is in use by .*\\b${process.pid}\\b`));
    expect(stderr).toMatch(/router\.listen/);
    expect(await project.containers()).toEqual([]);
    const serve = await project.faaso('serve');
    expect(serve.code).toBe(1);
    expect(serve.stderr).toMatch(/is in use by/);
    project.configure({ router: { listen: '127.0.0.1:0' } });
    await project.deploy();
    expect((await project.call('/f')).text).toBe('ok');

    // The one that serves stays where it is when the new address is taken.
    const { url } = project;
    project.configure({ router: { listen: `127.0.0.1:${other.port}` } });
    expect((await project.apply()).code).toBe(1);
    expect(project.url).toBe(url);
    expect((await project.call('/f')).text).toBe('ok');
  } finally {
    await other.release();
  }
});

test('a state folder that cannot be written fails the apply with its path', async () => {
  const project = small();
  await project.deploy();
  renameSync(`${project.root}/.faaso/state`, `${project.root}/.faaso/kept`);
  project.write('.faaso/state', 'no folder\n');
  const { code, stderr } = await project.faaso('apply');
  expect([1, 2, 3]).toContain(code);
  expect(stderr).toMatch(`${project.root}/.faaso`);
  expect(stderr).not.toMatch(/defect in faaso/);
  expect((await project.call('/f')).text).toBe('ok');
});
