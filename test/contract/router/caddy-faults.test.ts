import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DATA_PLANE_ID } from '../../../src/router/data-plane-user.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { findProgram } from '../../../src/router/caddy/program.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { askAdmin } from '../../support/caddy-admin.ts';
import { occupyPort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { isAlive, killHard } from '../../support/project-processes.ts';
import { until } from '../../support/until.ts';
import { startFunction } from '../../support/upstream.ts';
import { Wire } from '../../support/wire.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { newInstance, route, startBench, urlOf } from './bench.ts';
import type { Bench } from './bench.ts';

describe.skipIf(CADDY_LACKS !== '')(`a Caddy that faaso starts${CADDY_LACKS}`, () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await startBench('caddy');
  });
  afterEach(async () => {
    // One that a test left hanging would outlive it.
    if (existsSync(caddyOptions(bench.folder).folder) && isAlive(pid())) process.kill(pid(), 'SIGCONT');
    await bench.close();
  });

  const admin = (): { socketPath: string } => ({ socketPath: caddyOptions(bench.folder).adminSocket });
  const pid = (folder = caddyOptions(bench.folder).folder): number =>
    Number(readFileSync(join(folder, 'pid'), 'utf8').split(' ')[0]);
  const answers = async (path: string): Promise<boolean> =>
    (await http(`${bench.url}${path}`)).status === 200;
  const serveOne = async (path: string): Promise<void> => {
    const { port } = await startFunction((_request, response) => response.end('well'));
    await bench.serve(route(path, port));
  };

  test('killed it is back within 2 s with its configuration, a table that came meanwhile included', async () => {
    await serveOne('/a');
    const before = await askAdmin(admin(), 'GET', '/config/');
    killHard(pid());
    const killedAt = performance.now();
    await until('it answers again', () => answers('/a'), 10_000);
    expect(performance.now() - killedAt).toBeLessThan(4000);
    expect(await askAdmin(admin(), 'GET', '/config/')).toEqual(before);
    killHard(pid());
    await serveOne('/b');
    await until('it answers at the new route', () => answers('/b'), 10_000);
    await until('the status tells', () => bench.router.status().kind === 'serving');
  });

  test('killed it is back, also where it was started before this control plane', async () => {
    await serveOne('/a');
    await bench.router.close('leave');
    const { port } = await startFunction((_request, response) => response.end('well'));
    const second = createCaddyRouter(caddyOptions(bench.folder));
    const before = pid();
    await second.start({ ...SETTINGS, kind: 'caddy', port: bench.port }, bench.table(route('/a', port)));
    expect(pid()).toBe(before);
    killHard(before);
    const back = (): Promise<boolean> => answers('/a').catch(() => false);
    await until('it answers again', async () => isAlive(pid()) && (await back()), 10_000);
    expect(pid()).not.toBe(before);
    await second.close('stop');
  });

  test('edited by hand, or with another configuration, it is put right within 10 s', async () => {
    await serveOne('/a');
    const before = await askAdmin(admin(), 'GET', '/config/');
    const edited = await askAdmin(admin(), 'DELETE', '/config/apps/http/servers/faaso/routes/0');
    expect(edited.status).toBe(200);
    const same = async (): Promise<boolean> =>
      JSON.stringify(await askAdmin(admin(), 'GET', '/config/')) === JSON.stringify(before);
    await until('the route is back', same, 10_000);
    const { value } = before as { value: { admin: unknown } };
    await askAdmin(admin(), 'POST', '/load', { admin: value.admin });
    await until('all is back', same, 10_000);
    expect(await answers('/a')).toBe(true);
  });

  test('a change is served beside what was before it, until the work of the change is done', async () => {
    await serveOne('/a');
    const { port } = await startFunction((_request, response) => response.end('well'));
    let overlaps = 0;
    for (let change = 1; change <= 5; change += 1) {
      const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
      await wire.untilText('well');
      const changed = bench.serve(route('/a', port), route(`/${change}`, port));
      await until('the new route is there', () => answers(`/${change}`));
      // What is closed now would lose a request that was on its way.
      wire.received = '';
      await wire.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n').until(isAnsweredOrEnded);
      if (wire.received.includes('well')) overlaps += 1;
      await changed;
    }
    // A busy machine may miss the moment.
    expect(overlaps).toBeGreaterThanOrEqual(3);
  });

  test('what Caddy refuses leaves what was served; the status says so with its words, until it is taken', async () => {
    await serveOne('/a');
    const { port } = await startFunction((_request, response) => response.end('new'));
    const bad = route('/b', port, { maxBodyBytes: 1e30 });
    await expect(bench.serve(route('/a', port), bad)).rejects.toMatchObject({ code: 'router-refused' });
    // A redeploy goes on: where a function is, is no part of what was refused.
    expect((await http(`${bench.url}/a`)).text).toBe('new');
    await until('the status tells', () => 'outOfDate' in bench.router.status(), 10_000);
    expect(bench.router.status()).toMatchObject({
      kind: 'serving',
      outOfDate: expect.stringMatching(/refused by Caddy.*: .+/) as unknown,
    });
    await bench.serve(route('/a', port), route('/b', port));
    expect(await answers('/b')).toBe(true);
    expect(bench.router.status()).not.toHaveProperty('outOfDate');
  });

  test(
    'hung it keeps nobody from being served anew, and is ended all the same',
    { timeout: 90_000 },
    async () => {
      await serveOne('/a');
      const caddy = pid();
      process.kill(caddy, 'SIGSTOP');
      await until('the status tells', () => bench.router.status().kind === 'down', 30_000);
      expect(bench.router.status()).toMatchObject({
        reason: expect.stringContaining('admin API') as unknown,
      });
      process.kill(caddy, 'SIGCONT');
      await until('it serves again', () => bench.router.status().kind === 'serving', 30_000);
      process.kill(caddy, 'SIGSTOP');
      await bench.router.close('stop');
      await until('it is gone', () => !isAlive(caddy));
      expect(existsSync(caddyOptions(bench.folder).folder)).toBe(false);
      await bench.router.start({ ...SETTINGS, kind: 'caddy' }, bench.table());
    },
  );

  test('one that ends as soon as it is started is started less and less often; the status says why and when', async () => {
    const options = { ...caddyOptions(join(bench.folder, 'second')), binary: join(bench.folder, 'caddy') };
    const caddy = await findProgram('caddy');
    symlinkSync(caddy, options.binary);
    const router = createCaddyRouter(options);
    const { port } = await startFunction((_request, response) => response.end('well'));
    const settings = { ...SETTINGS, kind: 'caddy' } as const;
    const starts = (): readonly number[] =>
      [...readFileSync(options.logFile, 'utf8').matchAll(/^no luck at (\d+)$/gm)].map(([, ms]) => Number(ms));
    try {
      await router.start(settings, bench.table(route('/a', port)));
      rmSync(options.binary);
      const script = [
        '[ "$1" = version ] && echo v2.11.9 && exit',
        'echo "no luck at $(date +%s%3N)" >&2',
        'exit 1',
      ];
      writeFileSync(options.binary, ['#!/bin/sh', ...script, ''].join('\n'), { mode: 0o755 });
      killHard(pid(options.folder));
      await until('it was tried four times', () => starts().length >= 4, 40_000);
      await until('the status tells', () => 'retryAt' in router.status());
      expect(router.status()).toMatchObject({
        kind: 'down',
        reason: expect.stringMatching(/^Caddy does not start: no luck at \d+$/) as unknown,
      });
      const [first = 0, second = 0, third = 0, fourth = 0] = starts();
      // 1 s, 2 s and 4 s, less what a start may take longer than the next one.
      expect(third - first).toBeGreaterThan(2000);
      expect(fourth - second).toBeGreaterThan(4500);
      // A redeploy does not fail for it.
      await router.setTable(bench.table(route('/a', port), route('/b', port)));

      rmSync(options.binary);
      symlinkSync(caddy, options.binary);
      await router.start(settings, bench.table(route('/a', port)));
      expect((await http(`${urlOf(router)}/a`)).text).toBe('well');
      expect(router.status()).not.toHaveProperty('retryAt');
    } finally {
      await router.close('stop');
    }
  });

  test('an address in use is refused, naming its owner, and what served before serves on', async () => {
    await serveOne('/a');
    const other = await occupyPort(0);
    const settings = { ...SETTINGS, kind: 'caddy', port: other.port } as const;
    await expect(bench.router.start(settings, bench.table())).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringMatching(
        `127.0.0.1:${other.port} is in use by .+ \\(pid ${process.pid}\\)`,
      ) as unknown,
    });
    expect(await answers('/a')).toBe(true);
    await other.release();
  });

  test('a route that is for some callers alone lets nobody through: a label may still ask for what the files may not', async () => {
    const { port } = await startFunction((_request, response) => response.end('let in'));
    const auth = { keys: { ci: 'a'.repeat(64) }, basic: {} };
    await bench.serve(route('/', port), route('/a', port, { auth }), route('/b', port, { public: false }));
    const asked = await Promise.all(['/', '/a', '/b/c'].map((path) => http(`${bench.url}${path}`)));
    expect(asked.map(({ status }) => status)).toEqual([200, 403, 403]);
  });

  test('a request in flight is waited for, although its route is gone and Caddy counts it no more', async () => {
    const { port } = await startFunction(() => undefined);
    const old = newInstance();
    await bench.serve(route('/a', { kind: 'instance', instance: old, port }));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => bench.router.inFlight()).toEqual({ a: 1 });
    await bench.serve();
    const begun = performance.now();
    await bench.router.drain(old, 1000);
    expect(performance.now() - begun).toBeGreaterThan(990);
    wire.socket.destroy();
  });

  test('two of them never share an address', async () => {
    await serveOne('/a');
    const second = createCaddyRouter(caddyOptions(join(bench.folder, 'second')));
    const settings = { ...SETTINGS, kind: 'caddy', port: bench.port } as const;
    await expect(second.start(settings, bench.table())).rejects.toMatchObject({ code: 'listen-failed' });
    await second.close('stop');
  });

  test.skipIf(process.getuid?.() !== 0)(
    'started by root it has neither root nor its groups, and may open ports alone',
    async () => {
      const status = readFileSync(`/proc/${pid()}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:(\\s+${DATA_PLANE_ID}){4}$`, 'm'));
      expect(status).toMatch(new RegExp(`^Gid:(\\s+${DATA_PLANE_ID}){4}$`, 'm'));
      expect(status).toMatch(/^Groups:\s*$/m);
      // CAP_NET_BIND_SERVICE is number 10.
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(status).toMatch(new RegExp(`^${set}:\\s+0000000000000400$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    },
  );

  test('its folders are open to nobody else', () => {
    const { folder, storage } = caddyOptions(bench.folder);
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect(mode(join(folder, '..'))).toBe(0o700);
    expect(mode(folder)).toBe(0o750);
    expect(mode(join(folder, 'admin'))).toBe(0o700);
    expect(mode(join(folder, 'admin', 'admin.sock'))).toBe(0o600);
    expect(mode(storage)).toBe(0o700);
  });
});

function isAnsweredOrEnded({ received, ended }: Wire): boolean {
  return received.includes('well') || ended !== 'no';
}
