import { existsSync, renameSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { sha256 } from '../../src/core/hash.ts';
import { CADDY_LACKS } from '../support/caddy.ts';
import { askAdmin } from '../support/caddy-admin.ts';
import { startOwnCaddy } from '../support/own-caddy.ts';
import { freePort } from '../support/ports.ts';
import { testProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const idOf = (root: string): string => `faaso-${sha256(root).slice(0, 12)}`;
const upstreamsOf = (root: string): string => `/run/faaso-upstreams/${sha256(root).slice(0, 12)}`;

describe.skipIf(CADDY_LACKS !== '' || process.getuid?.() !== 0)(
  `a project in a Caddy of the user's${CADDY_LACKS}`,
  () => {
    test(
      'is served, seen, moved and taken away without a change of what is not ours',
      { timeout: 180_000 },
      async () => {
        const caddy = await startOwnCaddy();
        const port = await freePort();
        const admin = `127.0.0.1:${caddy.port}`;
        const project = testProject({
          router: { kind: 'caddy', admin, listen: `127.0.0.1:${port}` },
          routes: { '/b': 'b' },
        });
        const has = async (root: string): Promise<boolean> =>
          (await askAdmin({ port: caddy.port }, 'GET', `/id/${idOf(root)}`)).status === 200;
        project.node('b', 'export default () => "b";\n');
        const before = await caddy.foreign();

        // Before anything is touched: nobody there.
        project.configure({ router: { kind: 'caddy', admin: '127.0.0.1:1', listen: `127.0.0.1:${port}` } });
        const unreachable = await project.faaso('apply');
        expect(unreachable.code).toBe(1);
        expect(unreachable.stderr).toContain('no Caddy answers on 127.0.0.1:1');
        project.configure({ router: { kind: 'caddy', admin, listen: `127.0.0.1:${port}` } });

        await project.deploy();
        expect((await project.call('/b')).text).toBe('b');
        expect((await project.faaso('doctor')).stdout).toMatch(/ok +router +answers at/);

        await caddy.kill();
        await until('its end is noticed', async () =>
          (await project.status()).router.state.startsWith('down: no Caddy answers'),
        );
        const useless = await project.faaso('apply');
        expect(useless).toMatchObject({ code: 1, stdout: expect.stringContaining('1 function up to date') });
        const reason = new RegExp(`no Caddy answers on ${admin}.*[^]*start it, or set router.admin`);
        expect(useless.stderr).toMatch(reason);
        expect((await project.faaso('doctor')).stdout).toMatch(reason);
        expect((await project.faaso('explain', '/b')).stdout).toMatch(reason);
        await caddy.restart('mine');
        await until('it is served again', async () => (await project.status()).router.state === 'serving');

        expect((await project.faaso('daemon', 'stop')).code).toBe(0);
        expect((await project.status()).router).toMatchObject({ kind: 'caddy', state: 'serving' });
        expect((await project.call('/b')).text).toBe('b');

        const away = `${project.root}-away`;
        renameSync(project.root, away);
        expect((await project.start(['-C', away, 'apply']).ended).code).toBe(0);
        expect((await project.call('/b')).text).toBe('b');
        expect([await has(project.root), await has(away)]).toEqual([false, true]);
        expect(existsSync(upstreamsOf(project.root))).toBe(false);
        renameSync(away, project.root);
        await project.deploy();
        expect((await project.call('/b')).text).toBe('b');

        expect((await project.faaso('daemon', 'stop')).code).toBe(0);
        expect((await project.faaso('down')).code).toBe(0);
        expect([await has(project.root), await has(away)]).toEqual([false, false]);
        expect(existsSync(upstreamsOf(project.root)) || existsSync(upstreamsOf(away))).toBe(false);
        expect(await caddy.foreign()).toEqual(before);
      },
    );
  },
);
