import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { startProcess, thisProgram } from '../../../src/router/builtin/adapter/spawn.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { DATA_PLANE_ID } from '../../../src/router/data-plane-user.ts';
import { writeRoutesFile } from '../../../src/router/routes-file.ts';
import type { RouteEntry, Router, RouterStatus, RouteTable } from '../../../src/router/router.ts';
import { freePort, occupyPort } from '../../support/ports.ts';
import { startFunction } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { builtinOptions, SETTINGS } from './bench-options.ts';
import { route, urlOf } from './bench.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

describe("the built-in router's process", () => {
  let folder: string;
  let routers: Router[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 't-router-'));
    routers = [];
  });
  afterEach(async () => {
    const [last, ...others] = routers.toReversed();
    for (const router of others) await router.close('leave');
    await (last ?? create()).close('stop');
    await rm(folder, { recursive: true, force: true });
  });

  const create = (): Router => {
    const router = createBuiltinRouter(builtinOptions(folder));
    routers.push(router);
    return router;
  };
  const table = (...entries: RouteEntry[]): RouteTable => ({ entries });
  const serving = async (router: Router): Promise<RouterStatus & { kind: 'serving' }> =>
    await new Promise((resolve) => {
      const stop = router.onStatus((status) => {
        if (status.kind !== 'serving') return;
        stop();
        resolve(status);
      });
    });
  const pidOf = (router: Router): number => {
    const status = router.status();
    if (status.kind !== 'serving') throw new Error(status.reason);
    return status.pid;
  };
  const text = async (url: string): Promise<string> => await (await fetch(url)).text();
  const portOf = (url: string): number => Number(new URL(url).port);

  test('a data plane that was killed is back within a second, on its port and with its routes', async () => {
    const { port } = await startFunction((_, res) => res.end('here'));
    const router = create();
    await router.start(SETTINGS, table());
    await router.setTable(table(route('/a', port)));
    const url = urlOf(router);
    const first = pidOf(router);
    const back = serving(router);
    const started = performance.now();
    process.kill(first, 'SIGKILL');
    const status = await back;
    expect(performance.now() - started).toBeLessThan(3000);
    expect(status.url).toBe(url);
    expect(status.pid).not.toBe(first);
    expect(await text(`${url}/a`)).toBe('here');
  });

  test('the table that is set while the data plane is down is served when it is back', async () => {
    const { port } = await startFunction((_, res) => res.end('late'));
    const router = create();
    await router.start(SETTINGS, table());
    const back = serving(router);
    const down = new Promise<void>((resolve) => {
      router.onStatus((status) => status.kind === 'down' && resolve());
    });
    process.kill(pidOf(router), 'SIGKILL');
    await down;
    await router.setTable(table(route('/a', port)));
    expect(await router.inFlight()).toEqual({});
    expect(await text(`${(await back).url}/a`)).toBe('late');
  });

  test('a killed control plane loses no request; the next one takes the running data plane over', async () => {
    const { port } = await startFunction((_, res) => res.writeHead(200, { 'Content-Length': 4 }).end('here'));
    const loader = thisProgram().execArgv;
    const argument = JSON.stringify({ folder, table: table(route('/a', port)) });
    const control = spawn(process.execPath, [...loader, fixture('control-plane.ts'), argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void control.kill('SIGKILL'));
    const [line] = (await once(control.stdout, 'data')) as [Buffer];
    const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };

    const kept = await Wire.open(portOf(url)).send(GET).untilText('here');
    control.kill('SIGKILL');
    await once(control, 'exit');
    for (let i = 2; i <= 4; i++)
      await kept.send(GET).until(({ received }) => statuses(received).length === i);
    expect(await text(`${url}/a`)).toBe('here');

    const router = create();
    await router.start(SETTINGS, table(route('/a', port), route('/b', port)));
    expect([urlOf(router), pidOf(router)]).toEqual([url, pid]);
    expect(await text(`${url}/b`)).toBe('here');
    await kept.send(GET).until(({ received }) => statuses(received).length === 5);
    expect(new Set(statuses(kept.received))).toEqual(new Set([200]));

    const back = serving(router);
    process.kill(pid, 'SIGKILL');
    expect((await back).url).toBe(url);
  });

  test.each([
    ['of another protocol', 'data-plane-of-another-version.ts'],
    ['of before an upgrade', 'data-plane-of-before-an-upgrade.ts'],
  ])(
    'a data plane %s is replaced by its successor without losing a request',
    async (_, file) => {
      let finish: () => void = () => undefined;
      const { port } = await startFunction((req, res) => {
        if (req.url === '/a/slow') finish = () => res.writeHead(200, { 'Content-Length': 4 }).end('slow');
        else res.writeHead(200, { 'Content-Length': 4 }).end('here');
      });
      const options = { ...builtinOptions(folder), successor: false };
      await mkdir(join(folder, 'run'), { mode: 0o700 });
      const settings = { ...SETTINGS, port: await freePort() };
      await writeRoutesFile(options.routesFile, { settings, table: table(route('/a', port)) });
      const old = await startProcess(
        { entry: fixture(file), execArgv: thisProgram().execArgv },
        { socketPath: options.socketPath, routesFile: options.routesFile, successor: false },
        options.logFile,
      );
      onTestFinished(() => void old.kill('SIGKILL'));
      const exited = once(old, 'exit');
      await expect.poll(() => readFile(options.logFile, 'utf8'), { timeout: 10_000 }).toContain('"serving"');

      const slow = Wire.open(settings.port).send(GET.replace('/a', '/a/slow'));
      const kept = await Wire.open(settings.port).send(GET).untilText('here');
      let running = true;
      const lost: unknown[] = [];
      const load = (async () => {
        while (running) {
          const wire = Wire.open(settings.port).send(
            GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
          );
          await wire.untilEnd().catch((error: unknown) => lost.push(error));
          if (statuses(wire.received)[0] !== 200) lost.push(wire.received, wire.ended);
        }
      })();
      const router = create();
      await router.start(settings, table(route('/a', port), route('/new', port)));
      running = false;
      await load;
      expect(lost).toEqual([]);
      expect(pidOf(router)).not.toBe(old.pid);
      expect(await text(`${urlOf(router)}/new`)).toBe('here');

      await kept.send(GET).untilEnd();
      expect(statuses(kept.received)).toEqual([200, 200]);
      expect(kept.received).toMatch(/^Connection: close\r$/m);
      finish();
      await slow.untilEnd();
      expect(bodyOf(slow.received)).toBe('slow');
      expect(await exited).toEqual([0, null]);
      expect(await text(`${urlOf(router)}/a`)).toBe('here');
    },
    30_000,
  );

  test('a data plane that cannot start a successor is replaced all the same', async () => {
    const { port } = await startFunction((_, res) => res.end('here'));
    const options = builtinOptions(folder);
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    // It does not listen, so it has nothing to hand over.
    const old = await startProcess(
      { entry: fixture('data-plane-of-another-version.ts'), execArgv: thisProgram().execArgv },
      { socketPath: options.socketPath, routesFile: options.routesFile, successor: false },
      options.logFile,
    );
    onTestFinished(() => void old.kill('SIGKILL'));
    const exited = once(old, 'exit');
    await expect.poll(() => readFile(options.logFile, 'utf8'), { timeout: 10_000 }).toContain('"serving"');
    const router = create();
    await router.start(SETTINGS, table(route('/a', port)));
    expect(await exited).toEqual([0, null]);
    expect(await text(`${urlOf(router)}/a`)).toBe('here');
  }, 30_000);

  test('the last table is served without a control plane, but not one of another boot', async () => {
    const { port } = await startFunction((_, res) => res.end('kept'));
    const { routesFile, socketPath, logFile } = builtinOptions(folder);
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    const settings = { ...SETTINGS, port: await freePort() };
    await writeRoutesFile(routesFile, { settings, table: table(route('/a', port)) });
    const start = async (): Promise<void> => {
      const child = await startProcess(thisProgram(), { socketPath, routesFile, successor: false }, logFile);
      const exited = once(child, 'exit');
      await expect
        .poll(async () => await stat(socketPath).catch(() => undefined), { timeout: 10_000 })
        .toBeDefined();
      onTestFinished(() => void child.kill('SIGKILL'));
      stop = async () => {
        child.kill('SIGTERM');
        expect(await exited).toEqual([0, null]);
        await rm(socketPath);
      };
    };
    let stop: () => Promise<void> = async () => undefined;
    await start();
    expect(await text(`http://127.0.0.1:${settings.port}/a`)).toBe('kept');
    await stop();
    const content = await readFile(routesFile, 'utf8');
    await writeFile(routesFile, content.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    await start();
    await expect(fetch(`http://127.0.0.1:${settings.port}/a`)).rejects.toThrow('fetch failed');
    await stop();
  }, 30_000);

  test('an address in use is refused, naming its owner, and leaves no process', async () => {
    const taken = await occupyPort(0);
    const settings = { ...SETTINGS, port: taken.port };
    const router = create();
    await expect(router.start(settings, table())).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringMatching(
        new RegExp(`^127\\.0\\.0\\.1:${taken.port} is in use by .+ \\(pid ${process.pid}\\)$`),
      ),
    });
    expect(router.status().kind).toBe('down');
    await taken.release();
    await router.start(settings, table());
    expect(urlOf(router)).toBe(`http://127.0.0.1:${taken.port}`);
  });

  test('a move to an address in use changes nothing', async () => {
    const { port } = await startFunction((_, res) => res.end('here'));
    const taken = await occupyPort(0);
    onTestFinished(taken.release);
    const router = create();
    await router.start(SETTINGS, table(route('/a', port)));
    const url = urlOf(router);
    await expect(
      router.start({ ...SETTINGS, port: taken.port }, table(route('/a', port))),
    ).rejects.toMatchObject({ code: 'listen-failed' });
    expect(urlOf(router)).toBe(url);
    expect(await text(`${url}/a`)).toBe('here');
  });

  test('it leads a session of its own and keeps its socket private', async () => {
    const router = create();
    await router.start(SETTINGS, table());
    const pid = pidOf(router);
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    expect(fields[3]).toBe(String(pid));
    const { socketPath, routesFile } = builtinOptions(folder);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    expect((await stat(routesFile)).mode & 0o777).toBe(0o600);
  });

  test.runIf(process.getuid?.() === 0)('started by root it has neither root nor its groups', async () => {
    const router = create();
    await router.start(SETTINGS, table());
    const status = await readFile(`/proc/${pidOf(router)}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${DATA_PLANE_ID}){4}$`, 'm'));
    expect(status).toMatch(new RegExp(`^Gid:(\\s+${DATA_PLANE_ID}){4}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
  });

  test('a router that knows what it served resumes it, one that knows nothing does nothing', async () => {
    const { port } = await startFunction((_, res) => res.end('again'));
    const first = create();
    expect(await first.resume()).toBe(false);
    await first.start(SETTINGS, table(route('/a', port)));
    const url = urlOf(first);
    await first.close('stop');
    const second = create();
    expect(await second.resume()).toBe(true);
    expect(urlOf(second)).toBe(url);
    expect(await text(`${url}/a`)).toBe('again');
  });

  test('20 functions and a thousand requests leave it small', async () => {
    const functions = await Promise.all(
      Array.from({ length: 20 }, () => startFunction((_, res) => res.end('ok'))),
    );
    const router = create();
    await router.start(SETTINGS, table(...functions.map(({ port }, i) => route(`/f${i}`, port))));
    for (let i = 0; i < 50; i++) {
      await Promise.all(functions.map(async (_, n) => await text(`${urlOf(router)}/f${n}`)));
    }
    const status = await readFile(`/proc/${pidOf(router)}/status`, 'utf8');
    const rssMb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    // The goal is 80 MB for the compiled program; here the TypeScript loader is in it too.
    expect(rssMb).toBeLessThan(240);
  });
});
