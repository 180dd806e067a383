import { exec } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { DoctorAnswer, Finding } from '../../src/core/finding.ts';
import { sha256 } from '../../src/core/hash.ts';
import { CADDY_LACKS } from '../support/caddy.ts';
import { freePort, occupyPort } from '../support/ports.ts';
import { testProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const sh = promisify(exec);

/** What doctor says in its checks of what Caddy needs. */
async function look(project: TestProject): Promise<readonly Finding[]> {
  const { stdout } = await project.faaso('doctor', '--json');
  const { findings } = JSON.parse(stdout) as DoctorAnswer;
  return findings.filter(({ check }) => ['files', 'caddy', 'router'].includes(check));
}

const states = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));

describe.skipIf(CADDY_LACKS !== '' || process.getuid?.() !== 0)(
  `doctor on a project whose traffic Caddy carries${CADDY_LACKS}`,
  () => {
    test(
      'takes Caddy for the user that it is, and mends what was taken from it',
      { timeout: 120_000 },
      async () => {
        const listen = `127.0.0.1:${await freePort()}`;
        const https = { issuer: 'internal', listen: `127.0.0.1:${await freePort()}` };
        const routes = { '/b': 'b', '/h': { function: 'b', host: 'one.test' } };
        const project = testProject({ router: { kind: 'caddy', listen, https }, routes });
        project.node('b', 'export default () => "b";\n');
        await project.deploy();
        const storage = join(project.root, '.faaso/data/caddy');
        await until('Caddy has made its authority', () => existsSync(join(storage, 'pki/authorities/local')));
        const well = await look(project);
        expect(states(well)).toEqual({ files: 'ok', caddy: 'ok', router: 'ok' });
        expect(well.find(({ check }) => check === 'caddy')?.message).toContain(`pid ${project.routerPid}`);

        // Nobody heals it meanwhile.
        expect((await project.faaso('daemon', 'stop')).code).toBe(0);
        const run = `/run/faaso/${sha256(project.root).slice(0, 12)}/caddy`;
        await sh(
          `chmod 700 ${run} ${run}/upstreams && chmod 600 ${run}/upstreams/* && chown -R 0 ${storage}`,
        );
        expect((await project.call('/b')).status).toBe(502);
        const ill = await look(project);
        expect(states(ill)).toMatchObject({ files: 'ok', caddy: 'fail' });
        for (const command of ill.flatMap(({ check, fix }) => (check === 'caddy' ? fix : [])))
          await sh(command);
        expect(states(await look(project))).toMatchObject({ caddy: 'ok' });
        expect((await project.call('/b')).text).toBe('b');
        expect(readdirSync(storage)).toContain('pki');

        // Its certificates stay its own.
        project.configure({ router: { listen }, routes: { '/b': 'b' } });
        await project.deploy();
        expect(states(await look(project))).toMatchObject({ files: 'ok', caddy: 'ok' });
      },
    );

    test('names who has the address for HTTPS, and moves it', async () => {
      const other = await occupyPort(0);
      const https = { issuer: 'internal', listen: `127.0.0.1:${other.port}` };
      const router = { kind: 'caddy', listen: `127.0.0.1:${await freePort()}`, https };
      const project = testProject({ router, routes: { '/b': { function: 'b', host: 'one.test' } } });
      project.node('b', 'export default () => "b";\n');
      const taken = (await look(project)).find(({ check }) => check === 'caddy');
      expect(taken).toMatchObject({ state: 'fail' });
      expect(taken?.message).toMatch(
        `127.0.0.1:${other.port}, for HTTPS, is held by node (pid ${process.pid})`,
      );
      // The second one is an apply.
      await sh(taken?.fix[0] ?? '');
      expect(project.read('functions.yml')).not.toContain(`127.0.0.1:${other.port}"`);
      await other.release();
    });
  },
);
