import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { checkExternal } from '../../../src/router/caddy/external.ts';
import type { Router } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { startCaddyfile } from '../../support/caddyfile.ts';
import { freePort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { until } from '../../support/until.ts';
import { startFunction } from '../../support/upstream.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { route } from './bench.ts';

/** A Caddy with this in its global options, which answers on its admin socket. */
async function withAdmin(options: string): Promise<string> {
  const folder = await startCaddyfile(
    (at) => `{\n\tadmin unix/${at}/admin.sock ${options}\n\tpersist_config off\n}\n`,
  );
  return `unix/${folder}/admin.sock`;
}

async function routerOf(admin: string): Promise<{ router: Router; settings: RouterSettings }> {
  const folder = mkdtempSync(join(tmpdir(), 't-router-'));
  await chmod(folder, 0o755);
  const router = createCaddyRouter(caddyOptions(folder));
  onTestFinished(async () => {
    await router.close('stop').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  return { router, settings: { ...SETTINGS, kind: 'caddy', admin, port: await freePort() } };
}

describe.skipIf(CADDY_LACKS !== '')(`the admin socket of a Caddy of the user's${CADDY_LACKS}`, () => {
  for (const options of ['', '{\n\t\torigins example.org\n\t}'])
    test(`lets faaso in with ${options === '' ? 'no word on' : 'other'} origins`, async () => {
      const admin = await withAdmin(options);
      await until('it answers', () =>
        checkExternal(admin).then(
          () => true,
          () => false,
        ),
      );
      const { router, settings } = await routerOf(admin);
      const { port } = await startFunction((_request, response) => response.end('well'));
      await router.start(settings, { entries: [route('/a', port)] });
      expect((await http(`http://127.0.0.1:${settings.port}/a`)).text).toBe('well');
    });

  test('that lets nobody in says what to write there', async () => {
    const admin = await withAdmin('{\n\t\tenforce_origin\n\t}');
    const refusal = await until('it answers', () =>
      checkExternal(admin).then(
        () => 'let in',
        (error: Error) => (/ENOENT|ECONNREFUSED/.test(error.message) ? undefined : error),
      ),
    );
    expect(refusal).toMatchObject({
      code: 'router-unreachable',
      message: expect.stringContaining(`the Caddy on ${admin} does not let faaso in (`) as unknown,
      hint: expect.stringContaining('leave out enforce_origin') as unknown,
    });
  });
});
