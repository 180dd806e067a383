import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { checkCaddy } from '../../../src/router/caddy/binary.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { checkExternal } from '../../../src/router/caddy/external.ts';
import { isNewEnough, OLDEST } from '../../../src/router/caddy/version.ts';
import { caddyOptions, SETTINGS } from '../../contract/router/bench-options.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** What the admin API of 2.10.2 answers, word for word. */
const OLD_ADAPT = 'adapting config using caddyfile adapter: Caddyfile:2: unrecognized directive: log_level';
const OLD_PUT =
  'loading new config: loading http app module: decoding module config: http: json: unknown field "read_idle_timeout"';

/** An admin API that gives an old Caddy's answers; its address. */
async function oldAdmin(adapt: string): Promise<string> {
  const server = createServer((request, response) => {
    const [status, error] =
      request.url === '/adapt' ? [400, adapt] : request.method === 'GET' ? [200, null] : [400, OLD_PUT];
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(error === null ? 'null\n' : JSON.stringify({ error }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a Caddy is new enough from its patch level on', () => {
  for (const version of [OLDEST, `v${OLDEST} h1:bhZ=`, '2.11.10', '2.12.0', '3.0.0'])
    expect([version, isNewEnough(version)]).toEqual([version, true]);
  for (const version of ['2.11.7', 'v2.10.9', '1.12.9', '2', 'of unknown version', ''])
    expect([version, isNewEnough(version)]).toEqual([version, false]);
});

test('one on the PATH that is older is refused, naming its version and what is needed', async () => {
  const program = join(tempFolder(), 'caddy');
  writeFileSync(program, '#!/bin/sh\necho v2.10.2 h1:g/gTYjGMD0dec=\n', { mode: 0o755 });
  await expect(checkCaddy(program)).rejects.toMatchObject({
    code: 'router-unsupported',
    message: `this Caddy is 2.10.2; faaso needs ${OLDEST} or later`,
  });
});

test("one of the user's that is older is refused before anything changes", async () => {
  const address = await oldAdmin(OLD_ADAPT);
  await expect(checkExternal(address)).rejects.toMatchObject({
    code: 'router-unsupported',
    message: `the Caddy on ${address} is an older one; faaso needs ${OLDEST} or later`,
  });
});

test('one that knows no Caddyfiles is found to be older as it refuses the routes', async () => {
  const address = await oldAdmin("unrecognized config adapter 'caddyfile'");
  await expect(checkExternal(address)).resolves.toBeUndefined();
  const router = createCaddyRouter(caddyOptions(tempFolder()));
  onTestFinished(() => router.close('leave'));
  const settings = { ...SETTINGS, kind: 'caddy', admin: address } as const;
  await expect(router.start(settings, { entries: [] })).rejects.toMatchObject({
    code: 'router-unsupported',
    message: `this Caddy is an older one; faaso needs ${OLDEST} or later`,
  });
});

test('all that is said of the version says the same', () => {
  const root = new URL('../../../', import.meta.url);
  for (const [file, count] of [
    ['README.md', 2],
    ['schemas/functions.json', 1],
  ] as const) {
    const said = [
      ...readFileSync(new URL(file, root), 'utf8').matchAll(
        /Caddy[^()]*(?:\(https[^)]*\) )?\(([\d.]+) or later/g,
      ),
    ];
    expect([file, ...said.map(([, version]) => version)]).toEqual([
      file,
      ...Array<string>(count).fill(OLDEST),
    ]);
  }
});
