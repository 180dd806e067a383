import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { DoctorAnswer, Finding } from '../../src/core/finding.ts';
import { findProgram } from '../../src/router/caddy/program.ts';
import { CADDY_LACKS } from '../support/caddy.ts';
import { freePort } from '../support/ports.ts';
import { http } from '../support/project-http.ts';
import { testProject } from '../support/project.ts';
import { isAlive } from '../support/project-processes.ts';
import { until } from '../support/until.ts';

describe.skipIf(CADDY_LACKS !== '')(`which Caddy is started${CADDY_LACKS}`, () => {
  test(
    'is the one where apply was typed, whatever the daemon was started with',
    { timeout: 120_000 },
    async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const project = testProject({ router: { listen }, routes: { '/b': 'b' } });
      project.node('b', 'export default () => "b";\n');
      const folders = (process.env['PATH'] ?? '').split(delimiter);
      const without = folders.filter((folder) => !existsSync(join(folder, 'caddy'))).join(delimiter);
      project.write('bin/README', '');
      const own = join(project.root, 'bin/caddy');
      symlinkSync(await findProgram('caddy'), own);
      const typed = async (
        path: string,
        ...args: string[]
      ): Promise<{ code: number | null; text: string }> => {
        const { code, stdout, stderr } = await project.start(args, { PATH: path }).ended;
        return { code, text: stdout + stderr };
      };

      expect(await typed(without, 'apply')).toMatchObject({ code: 0 });
      project.configure({ router: { kind: 'caddy', listen } });
      const refused = await typed(without, 'apply');
      expect(refused).toMatchObject({
        code: 1,
        text: expect.stringContaining('no program "caddy" is on the PATH') as unknown,
      });
      expect(refused.text).toContain('apply where it is on the PATH');
      expect(await typed([join(project.root, 'bin'), without].join(delimiter), 'apply')).toMatchObject({
        code: 0,
      });
      expect((await project.status()).router).toMatchObject({ kind: 'caddy', state: 'serving' });

      expect(await typed(without, 'daemon', 'restart')).toMatchObject({ code: 0 });
      const pid = project.killRouter();
      await until('it is gone', () => !isAlive(pid));
      await until('Caddy is back', async () => (await http(`http://${listen}/b`)).text === 'b', 10_000);
      // Not a child of this daemon, which all the same says so.
      const said = /"state":"down","detail":"its process ended[^]*"router-changed","state":"serving"/;
      await until('the log says so', () => said.test(project.read('.faaso/state/daemon.log')));
      const doctor = async (): Promise<Finding | undefined> => {
        const { stdout } = await project.start(['doctor', '--json'], { PATH: without }).ended;
        return (JSON.parse(stdout) as DoctorAnswer).findings.find(({ check }) => check === 'caddy');
      };
      expect(await doctor()).toMatchObject({
        state: 'ok',
        message: expect.stringMatching(`^\\S+ at ${own}, pid ${project.routerPid}$`) as unknown,
      });
      rmSync(own);
      expect(await doctor()).toMatchObject({
        state: 'fail',
        message: `${own} is gone, and no program "caddy" is on the PATH`,
      });
    },
  );
});
