import { chmodSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { caddyFacts } from '../../../src/router/caddy/facts.ts';
import { DATA_PLANE_ID } from '../../../src/router/data-plane-user.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { freePort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { until } from '../../support/until.ts';
import { startFunction } from '../../support/upstream.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { route, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** The folder and all that lies in it. */
function everything(folder: string): readonly string[] {
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return [...inside.map((name) => join(folder, name)), folder];
}

describe.skipIf(CADDY_LACKS !== '' || process.getuid?.() !== 0)(
  `the folders of a Caddy that faaso starts as root${CADDY_LACKS}`,
  () => {
    let bench: Bench;
    let settings: RouterSettings;
    let port: number;

    beforeEach(async () => {
      settings = { ...SETTINGS, https: { host: '127.0.0.1', port: await freePort(), issuer: 'internal' } };
      bench = await startBench('caddy', settings);
      ({ port } = await startFunction((_request, response) => response.end('well')));
      await bench.serve(route('/a', port), route('/h', port, { host: 'one.test' }));
    });
    afterEach(() => bench.close());

    const folders = (): { run: string; upstreams: string; storage: string } => {
      const { folder: run, storage } = caddyOptions(bench.folder);
      return { run, upstreams: join(run, 'upstreams'), storage };
    };
    const answers = async (): Promise<boolean> => (await http(`${bench.url}/a`)).status === 200;
    /** As advice for files of root's alone goes. */
    const close = (): void => {
      const { run, upstreams, storage } = folders();
      for (const name of readdirSync(upstreams)) chmodSync(join(upstreams, name), 0o600);
      chmodSync(upstreams, 0o700);
      chmodSync(run, 0o700);
      for (const path of everything(storage)) lchownSync(path, 0, 0);
    };

    test('closed to Caddy, are given back to it while it runs', async () => {
      const { run, upstreams, storage } = folders();
      await until('it has made its authority', () => statSync(join(storage, 'pki')));
      close();
      await until(
        'all is as it was',
        async () => (await caddyFacts(caddyOptions(bench.folder))).misfits.length === 0,
        10_000,
      );
      expect([modeOf(run), modeOf(upstreams), modeOf(join(upstreams, 'a'))]).toEqual([0o750, 0o755, 0o644]);
      expect(new Set(everything(storage).map((path) => statSync(path).uid))).toEqual(
        new Set([DATA_PLANE_ID]),
      );
      expect(await answers()).toBe(true);
    });

    test('closed while no daemon ran, are given back by the next one before anybody is served', async () => {
      await bench.router.close('leave');
      close();
      expect((await caddyFacts(caddyOptions(bench.folder))).misfits).not.toEqual([]);
      const next = createCaddyRouter(caddyOptions(bench.folder));
      const table = bench.table(route('/a', port));
      await next.start({ ...settings, kind: 'caddy', port: bench.port }, table);
      expect(await answers()).toBe(true);
      expect((await caddyFacts(caddyOptions(bench.folder))).misfits).toEqual([]);
      await next.close('stop');
    });

    test('with certificates that are not its own: that is what is told, and not the address', async () => {
      const pki = join(folders().storage, 'pki');
      await until('it has made its authority', () => statSync(join(pki, 'authorities/local/root.key')));
      for (const path of everything(pki)) lchownSync(path, 0, 0);
      await expect(
        bench.serve(route('/a', port), route('/h', port, { host: 'two.test' })),
      ).rejects.toMatchObject({
        code: 'router-refused',
        message: expect.stringMatching(
          /^Caddy may not open its own pki\/\S+ \(permission denied\)/,
        ) as unknown,
        hint: expect.stringContaining('faaso doctor') as unknown,
      });
      expect((await caddyFacts(caddyOptions(bench.folder))).misfits.map(({ path }) => path)).toContain(pki);
      expect(await answers()).toBe(true);
      for (const path of everything(pki)) lchownSync(path, DATA_PLANE_ID, DATA_PLANE_ID);
      await bench.serve(route('/a', port));
    });
  },
);
