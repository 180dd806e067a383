import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import type { Router } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { askAdmin } from '../../support/caddy-admin.ts';
import { startOwnCaddy } from '../../support/own-caddy.ts';
import type { OwnCaddy } from '../../support/own-caddy.ts';
import { freePort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { startFunction } from '../../support/upstream.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { route } from './bench.ts';

describe.skipIf(CADDY_LACKS !== '')(`what a Caddy of the user's takes and cannot serve${CADDY_LACKS}`, () => {
  let caddy: OwnCaddy;
  let router: Router;
  let settings: RouterSettings;
  let upstream: number;
  let folder: string;

  beforeEach(async () => {
    caddy = await startOwnCaddy();
    folder = mkdtempSync(join(tmpdir(), 't-router-'));
    await chmod(folder, 0o755);
    router = createCaddyRouter(caddyOptions(folder));
    settings = {
      ...SETTINGS,
      kind: 'caddy',
      admin: `127.0.0.1:${caddy.port}`,
      port: await freePort(),
    };
    ({ port: upstream } = await startFunction((_request, response) => response.end('well')));
    onTestFinished(async () => {
      await router.close('stop').catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    });
  });

  const ours = async (): Promise<unknown> =>
    await askAdmin({ port: caddy.port }, 'GET', '/config/apps/http/servers');
  const a = () => route('/a', upstream);

  test('with HTTPS, at a port that it serves with TLS alone, is told by its cause; what served before serves at once', async () => {
    await router.start(settings, { entries: [a()] });
    const before = await ours();
    const https = { host: '127.0.0.1', port: await freePort(), issuer: 'acme' } as const;
    const entries = [a(), route('/b', upstream, { host: 'a.test' })];
    await expect(router.start({ ...settings, https }, { entries })).rejects.toMatchObject({
      code: 'router-refused',
      message: expect.stringMatching(/TLS.*http_port/) as unknown,
      hint: expect.stringMatching(`http_port (to )?${settings.port}`) as unknown,
    });
    expect(await ours()).toEqual(before);
    expect((await http(`http://127.0.0.1:${settings.port}/a`)).text).toBe('well');
  });

  test.skipIf(process.getuid?.() !== 0)(
    'at its first time leaves nothing of ours, and the address to others',
    async () => {
      const before = await ours();
      await chmod(folder, 0o700);
      await expect(router.start(settings, { entries: [a()] })).rejects.toMatchObject({
        message: expect.stringContaining('cannot read') as unknown,
      });
      expect(await ours()).toEqual(before);
      await expect(http(`http://127.0.0.1:${settings.port}/a`)).rejects.toThrow(/ECONNREFUSED/);
    },
  );

  test.skipIf(process.getuid?.() !== 0)(
    'at another address gives way to what served at the one before',
    async () => {
      await router.start(settings, { entries: [a()] });
      const before = await ours();
      await chmod(folder, 0o700);
      const port = await freePort();
      await expect(router.start({ ...settings, port }, { entries: [a()] })).rejects.toMatchObject({
        message: expect.stringContaining('cannot read') as unknown,
      });
      await chmod(folder, 0o755);
      expect(await ours()).toEqual(before);
      expect((await http(`http://127.0.0.1:${settings.port}/a`)).text).toBe('well');
      await expect(http(`http://127.0.0.1:${port}/a`)).rejects.toThrow(/ECONNREFUSED/);
    },
  );
});
