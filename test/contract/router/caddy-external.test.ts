import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { request } from 'node:https';
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

const table = (...entries: RouteTable['entries']): RouteTable => ({ entries });
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

/** Sets one part of its configuration, as {@link addRoute} does. */
async function tell({ port }: OwnCaddy, path: string, value: unknown): Promise<void> {
  await until(`it has ${path}`, async () => {
    const there = await askAdmin({ port }, 'GET', path);
    if (there.status === 200 && there.value !== null) return true;
    await askAdmin({ port }, 'PUT', path, value);
    return false;
  });
}

/** The body of what is got without a look at who signed. */
async function overTls(port: number, host: string, path: string): Promise<string> {
  const options = { host: '127.0.0.1', port, path, servername: host, headers: { host }, agent: false };
  return await new Promise((resolve, reject) => {
    request({ ...options, rejectUnauthorized: false }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
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

  test('serves HTTPS with the certificates that it gets, and plain HTTP at its http_port alone', async () => {
    const { caddy, router, settings: plain, url } = await set();
    const settings = {
      ...plain,
      https: { host: '127.0.0.1', port: await freePort(), issuer: 'acme' },
    } as const;
    const routes = table(route('/a', await answering('one'), { host: 'shop.test' }));
    await expect(router.start(settings, routes)).rejects.toMatchObject({
      code: 'router-refused',
      message: `port ${settings.port} would speak TLS too: this Caddy leaves it out at its http_port alone, which is 80`,
      hint: `set router.listen to that port, or http_port to ${settings.port} in the configuration of that Caddy`,
    });
    expect((await askAdmin({ port: caddy.port }, 'GET', `/id/${ID}`)).status).not.toBe(200);

    await tell(caddy, '/config/apps/pki', { certificate_authorities: { local: { install_trust: false } } });
    await tell(caddy, '/config/apps/tls', {
      automation: { policies: [{ issuers: [{ module: 'internal' }] }] },
    });
    await tell(caddy, '/config/apps/http/http_port', settings.port);
    await router.start(settings, routes);
    expect((await http(`${url}/a`, { headers: { host: 'shop.test' } })).headers.location).toBe(
      `https://shop.test:${settings.https.port}/a`,
    );
    expect(await until('it has its certificate', () => overTls(settings.https.port, 'shop.test', '/a'))).toBe(
      'one',
    );
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
