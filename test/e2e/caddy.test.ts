import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { sha256 } from '../../src/core/hash.ts';
import { findProgram } from '../../src/router/caddy/program.ts';
import { CADDY_LACKS } from '../support/caddy.ts';
import { startLoad } from '../support/load.ts';
import { freePort, occupyPort } from '../support/ports.ts';
import { TestProject, testProject } from '../support/project.ts';
import { http } from '../support/project-http.ts';
import { isAlive } from '../support/project-processes.ts';
import { until } from '../support/until.ts';
import { versionedApp } from '../support/versioned-app.ts';

const isRight = (text: string): boolean => /^v\d+$/.test(text);

describe.skipIf(CADDY_LACKS !== '')(`a project whose traffic Caddy carries${CADDY_LACKS}`, () => {
  let project: TestProject;
  let version = 1;
  let port: number;

  const deployNext = async (): Promise<void> => {
    version += 1;
    project.python('app', versionedApp(version));
    await project.deploy('app');
  };

  beforeAll(async () => {
    port = await freePort();
    project = new TestProject({
      router: { kind: 'caddy', listen: `127.0.0.1:${port}` },
      routes: { '/app': 'app', '/b': 'b' },
    });
    project.python('app', versionedApp(version));
    project.node('b', 'export default () => "b";\n');
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test('its routes answer; status, explain and doctor say so', async () => {
    expect(project.url).toBe(`http://127.0.0.1:${port}`);
    expect(await project.call('/app')).toMatchObject({ status: 200, text: 'v1' });
    expect((await project.call('/b')).text).toBe('b');
    expect((await project.call('/none')).status).toBe(404);
    expect((await project.status()).router).toEqual({
      kind: 'caddy',
      https: null,
      hint: null,
      listen: project.url,
      state: 'serving',
    });
    expect((await project.faaso('explain', '/app')).stdout).not.toMatch(/router does not run/);
    const doctor = await project.faaso('doctor');
    expect(doctor.stdout).toMatch(new RegExp(`ok +router +answers at 127.0.0.1:${port}`));
    // Caddy is a user of its own.
    expect(doctor.stdout).toMatch(/^ok +files /m);
  });

  test('a redeploy changes nothing of Caddy, loses no request and closes no WebSocket', async () => {
    const before = await configOf(project);
    const socket = await openSocket(`${project.url.replace('http', 'ws')}/app/ws`);
    expect(await socket.ask('one')).toBe('v1 one');
    const load = startLoad({ url: `${project.url}/app`, rate: 100, isRight });
    await deployNext();
    expect((await project.call('/app')).text).toBe(`v${version}`);
    expect(await socket.ask('two')).toBe('v1 two');
    await deployNext();
    const { lost, answered } = await load.stop();
    expect(lost).toEqual([]);
    expect(answered.length).toBeGreaterThan(100);
    expect(await configOf(project)).toEqual(before);
    socket.close();
  });

  test('a new route leaves WebSockets open and hardly loses a request', async () => {
    const socket = await openSocket(`${project.url.replace('http', 'ws')}/app/ws`);
    const load = startLoad({ url: `${project.url}/app`, rate: 100, isRight });
    project.configure({ routes: { '/app': 'app', '/b': 'b', '/c': 'b' } });
    await project.deploy();
    expect((await project.call('/c')).text).toBe('b');
    const { lost, answered } = await load.stop();
    // The old listener is closed beside the new one: what it has accepted and not read is closed, and so are kept-alive
    // connections. A client that never tries again rarely loses one, more on a busy machine.
    expect(lost.length).toBeLessThanOrEqual(10);
    expect(answered.length).toBeGreaterThan(20);
    expect(await socket.ask('still')).toBe(`v${version} still`);
    socket.close();
  });

  test('Caddy runs on without the daemon, and the next one takes it over', async () => {
    const pid = project.routerPid;
    const load = startLoad({ url: `${project.url}/app`, rate: 100, isRight });
    expect((await project.faaso('daemon', 'stop')).code).toBe(0);
    expect((await project.status()).router.state).toBe('serving');
    await project.deploy();
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    expect(await load.stop()).toMatchObject({ lost: [] });
    expect(project.routerPid).toBe(pid);
  });

  test('killed it is back within 2 s, with its routes', async () => {
    const pid = project.killRouter();
    const killedAt = performance.now();
    await until('it is gone', () => !isAlive(pid));
    await project.whenAnswers('/app', `v${version}`, 10_000);
    // Two for faaso, and as much for a busy machine.
    expect(performance.now() - killedAt).toBeLessThan(4000);
    expect((await project.status()).router.state).toBe('serving');
  });

  test('a folder that moves takes Caddy along, without a restart', async () => {
    const pid = project.routerPid;
    const load = startLoad({ url: `${project.url}/app`, rate: 100, isRight });
    const away = `${project.root}-away`;
    renameSync(project.root, away);
    const moved = new TestProject(project.settings as never, { name: 'unused' });
    const doctor = async (): Promise<string> => (await moved.start(['-C', away, 'doctor']).ended).stdout;
    expect(await doctor()).toMatch(
      new RegExp(
        `warn +router +127.0.0.1:${port} is held by this project's router, which was started in\\s+${project.root}\\n`,
      ),
    );
    const applied = await moved.start(['-C', away, 'apply', '--json']).ended;
    expect(applied).toMatchObject({ code: 0 });
    expect(await doctor()).toMatch(new RegExp(`ok +router +answers at 127.0.0.1:${port}`));
    expect(pid !== undefined && isAlive(pid)).toBe(true);
    expect(existsSync(`/run/faaso/${sha256(project.root).slice(0, 12)}`)).toBe(false);
    renameSync(away, project.root);
    await project.deploy();
    expect(await load.stop()).toMatchObject({ lost: [] });
    expect(pid !== undefined && isAlive(pid)).toBe(true);
    await moved.dispose();
  });

  test('the kind changes on the same port, forth and back', async () => {
    project.configure({ router: { listen: `127.0.0.1:${port}` } });
    await project.deploy();
    expect((await project.status()).router).toMatchObject({ kind: 'builtin', state: 'serving' });
    expect((await project.call('/app')).text).toBe(`v${version}`);
    project.configure({ router: { kind: 'caddy', listen: `127.0.0.1:${port}` } });
    await project.deploy();
    expect((await project.status()).router).toMatchObject({ kind: 'caddy', state: 'serving' });
    expect((await project.call('/app')).text).toBe(`v${version}`);
  });

  test('"down" leaves neither process nor socket nor folder', async () => {
    const pid = project.routerPid;
    expect(pid).toBeDefined();
    expect((await project.faaso('down')).code).toBe(0);
    expect(project.routerPid).toBeUndefined();
    expect(existsSync(`/run/faaso/${sha256(project.root).slice(0, 12)}`)).toBe(false);
    await expect(project.call('/app')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe.skipIf(CADDY_LACKS !== '')(`what keeps Caddy from serving${CADDY_LACKS}`, () => {
  test(
    'no Caddy, an old one, or a port in use: the built-in router serves on',
    { timeout: 120_000 },
    async () => {
      const project = testProject({ routes: { '/b': 'b' } });
      project.node('b', 'export default () => "b";\n');
      await project.deploy();
      const pid = project.routerPid;
      const load = startLoad({ url: `${project.url}/b`, rate: 50, isRight: (text) => text === 'b' });
      const port = new URL(project.url).port;
      project.configure({ router: { kind: 'caddy', listen: `127.0.0.1:${port}` } });

      // What was found once is kept, so each has to be told of what is not there.
      project.write('bin/caddy', '#!/bin/sh\necho "2.6.2"\n', 0o755);
      const path = process.env['PATH'] ?? '';
      const without = path.split(':').filter((folder) => !existsSync(join(folder, 'caddy')));
      for (const [PATH, words] of [
        [without.join(':'), 'no program "caddy" is on the PATH'],
        [
          [join(project.root, 'bin'), ...without].join(':'),
          'this Caddy is 2.6.2; faaso needs 2.11.8 or later',
        ],
      ] as const) {
        await project.faaso('daemon', 'stop');
        const { code, stderr } = await project.start(['apply'], { PATH }).ended;
        expect({ code, stderr }).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(words) as unknown,
        });
      }

      await project.faaso('daemon', 'stop');
      const other = await occupyPort(0);
      project.configure({ router: { kind: 'caddy', listen: `127.0.0.1:${other.port}` } });
      const { code, stderr } = await project.start(['apply']).ended;
      expect(stderr).toContain(`127.0.0.1:${other.port} is in use by`);
      expect(code).toBe(1);
      await other.release();
      expect(await load.stop()).toMatchObject({ lost: [] });
      expect(project.routerPid).toBe(pid);
    },
  );
});

describe.skipIf(CADDY_LACKS !== '')(`a Caddy that does not start any more${CADDY_LACKS}`, () => {
  test(
    'status says why and when it is tried again; once it can it serves by itself',
    { timeout: 120_000 },
    async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const project = testProject({ router: { kind: 'caddy', listen }, routes: { '/b': 'b' } });
      project.node('b', 'export default () => "b";\n');
      project.write('bin/README', '');
      const caddy = join(project.root, 'bin', 'caddy');
      symlinkSync(await findProgram('caddy'), caddy);
      const PATH = `${join(project.root, 'bin')}:${process.env['PATH'] ?? ''}`;
      expect(await project.start(['apply'], { PATH }).ended).toMatchObject({ code: 0 });

      rmSync(caddy);
      const script = '[ "$1" = version ] && echo v2.11.9 && exit\necho "Error: no luck" >&2\nexit 1\n';
      project.write('bin/caddy', `#!/bin/sh\n${script}`, 0o755);
      project.killRouter();
      const state = async (): Promise<string> => (await project.status()).router.state;
      await until('status tells', async () =>
        /^down: Caddy does not start: Error: no luck; next try in \d+ s$/.test(await state()),
      );
      rmSync(caddy);
      symlinkSync(await findProgram('caddy'), caddy);
      await until('it serves', async () => (await state()) === 'serving', 60_000);
      expect((await http(`http://${listen}/b`)).text).toBe('b');
    },
  );
});

/** The whole of Caddy's configuration. */
async function configOf(project: TestProject): Promise<unknown> {
  const socketPath = `/run/faaso/${sha256(project.root).slice(0, 12)}/router.sock`;
  return await new Promise((resolve, reject) => {
    const headers = { host: 'faaso', origin: 'http://faaso' };
    httpRequest({ socketPath, path: '/config/', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}

async function openSocket(
  url: string,
): Promise<{ ask: (text: string) => Promise<string>; close: () => void }> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    ask: (text) =>
      new Promise((resolve, reject) => {
        socket.once('message', (data: Buffer) => resolve(data.toString()));
        socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
        socket.send(text);
      }),
    close: () => socket.terminate(),
  };
}
