import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { checkExternal } from '../../../src/router/caddy/external.ts';
import type { Router, RouteTable } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { askAdmin } from '../../support/caddy-admin.ts';
import { startOwnCaddy } from '../../support/own-caddy.ts';
import type { OwnCaddy } from '../../support/own-caddy.ts';
import { freePort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { until } from '../../support/until.ts';
import { startFunction } from '../../support/upstream.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { route } from './bench.ts';

const ID = 'faaso-test';

interface Setting {
  readonly caddy: OwnCaddy;
  readonly router: Router;
  readonly settings: RouterSettings;
  readonly folder: string;
  readonly url: string;
}

/** A user's Caddy and a router that writes into it. */
async function set(): Promise<Setting> {
  const caddy = await startOwnCaddy();
  const folder = mkdtempSync(join(tmpdir(), 't-router-'));
  // As /run and /tmp are.
  await chmod(folder, 0o755);
  const settings: RouterSettings = {
    ...SETTINGS,
    kind: 'caddy',
    admin: `127.0.0.1:${caddy.port}`,
    port: await freePort(),
  };
  const router = createCaddyRouter(caddyOptions(folder));
  onTestFinished(async () => {
    await router.close('stop').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  return { caddy, router, settings, folder, url: `http://127.0.0.1:${settings.port}` };
}

let generation = 0;
const table = (...entries: RouteTable['entries']): RouteTable => ({ generation: ++generation, entries });
const answering = async (text: string): Promise<number> =>
  (await startFunction((_request, response) => response.end(text))).port;

/** As a careful user would: whoever changes Caddy over TCP makes it listen anew, which may cut off others. */
async function addRoute({ port }: OwnCaddy, added: { readonly '@id': string }): Promise<void> {
  await until('the route is there', async () => {
    const there = await askAdmin({ port }, 'GET', `/id/${added['@id']}`);
    if (there.status === 200) return true;
    await askAdmin({ port }, 'POST', '/config/apps/http/servers/mine/routes', added);
    return false;
  });
}

describe.skipIf(CADDY_LACKS !== '')(`a Caddy of the user's${CADDY_LACKS}`, () => {
  test("carries the routes below an id of ours, whoever it runs as; what is the user's stays", async () => {
    const { caddy, router, settings, folder, url } = await set();
    const before = await caddy.foreign();
    await router.start(settings, table(route('/a', await answering('one'))));
    expect((await http(`${url}/a`)).text).toBe('one');
    const config = await askAdmin({ port: caddy.port }, 'GET', `/id/${ID}`);
    await router.setTable(table(route('/a', await answering('two'))));
    expect((await http(`${url}/a`)).text).toBe('two');
    expect(await askAdmin({ port: caddy.port }, 'GET', `/id/${ID}`)).toEqual(config);
    expect((await http(`http://127.0.0.1:${caddy.foreignPort}/`)).text).toBe('mine');
    await router.close('stop');
    expect(await caddy.foreign()).toEqual(before);
    expect((await askAdmin({ port: caddy.port }, 'GET', `/id/${ID}`)).status).not.toBe(200);
    expect(existsSync(caddyOptions(folder).sharedUpstreams)).toBe(false);
    await expect(http(`${url}/a`)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('restarted empty, or with ours removed, it is repaired within 10 s', async () => {
    const { caddy, router, settings, url } = await set();
    await router.start(settings, table(route('/a', await answering('one'))));
    const works = async (): Promise<boolean> => (await http(`${url}/a`)).text === 'one';
    for (const config of ['empty', 'mine'] as const) {
      await caddy.restart(config);
      await until(`it works again after a restart (${config})`, works, 10_000);
    }
    await askAdmin({ port: caddy.port }, 'DELETE', `/id/${ID}`);
    await until('it works again', works, 10_000);
    expect((await http(`http://127.0.0.1:${caddy.foreignPort}/`)).text).toBe('mine');
    expect(router.status().kind).toBe('serving');
  });

  test('edits of the user at the same time are neither lost nor in the way', async () => {
    const { caddy, router, settings, url } = await set();
    const port = await answering('one');
    await router.start(settings, table());
    const user = async (): Promise<void> => {
      for (let index = 0; index < 15; index += 1) {
        const added = { '@id': `user-${index}`, handle: [{ handler: 'static_response', body: 'more' }] };
        await addRoute(caddy, added);
      }
    };
    const own = async (): Promise<void> => {
      for (let index = 0; index < 8; index += 1) await router.setTable(table(route(`/p${index}`, port)));
    };
    await Promise.all([user(), own()]);
    const { routes } = (await caddy.foreign()) as { routes: readonly unknown[] };
    expect(routes).toHaveLength(16);
    expect((await http(`${url}/p7`)).text).toBe('one');
  });

  test('that cannot be reached is named, and a gone one is waited for', async () => {
    const { caddy, router, settings } = await set();
    await router.start(settings, table());
    await caddy.kill();
    await until('the status tells', () => router.status().kind === 'down', 10_000);
    expect(router.status()).toMatchObject({ reason: `no Caddy answers on 127.0.0.1:${caddy.port}` });
    await expect(checkExternal(`127.0.0.1:${caddy.port}`)).rejects.toMatchObject({
      code: 'router-unreachable',
    });
    await caddy.restart('mine');
    await until('the status tells', () => router.status().kind === 'serving', 10_000);
  });

  test.skipIf(process.getuid?.() !== 0)('that may not read where the functions are is told of', async () => {
    const { router, settings, folder } = await set();
    await mkdir(join(folder, 'shared'), { mode: 0o700 });
    await chmod(folder, 0o700);
    await expect(router.start(settings, table(route('/a', await answering('one'))))).rejects.toMatchObject({
      code: 'router-refused',
      message: `Caddy cannot read ${caddyOptions(folder).sharedUpstreams}, which says where the functions are`,
    });
  });

  test("an address of the user's own server is refused, and nothing changes", async () => {
    const { caddy, router, settings } = await set();
    const before = await caddy.foreign();
    await expect(router.start({ ...settings, port: caddy.foreignPort }, table())).rejects.toMatchObject({
      code: 'listen-failed',
    });
    expect(await caddy.foreign()).toEqual(before);
    expect((await http(`http://127.0.0.1:${caddy.foreignPort}/`)).text).toBe('mine');
  });
});
