import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

import type { Figure } from '../figure.ts';
import { Skipped } from '../figure.ts';
import { entry, startRouter } from '../support/own-router.ts';
import { compareWays } from '../support/ways.ts';
import { docker } from '../../support/local-engine.ts';
import { http } from '../../support/project-http.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

const PROXY = '/usr/bin/docker-proxy';
const LISTENER = "export const app = (req, res) => res.end('hello');\n";

/** The hop where the engine's userland proxy carries a function's port: each new connection is dear there. */
export const userland: Figure = {
  name: 'userland',
  about: "the same through a port that Docker's userland proxy carries",
  run: async (bench) => {
    const program = [PROXY, '/usr/sbin/docker-proxy'].find((path) => existsSync(path));
    if (program === undefined) throw new Skipped('there is no docker-proxy');
    const project = bench.project({ routes: { '/': 'f' }, functions: { f: { limits: { cpus: 2 } } } });
    project.node('f', LISTENER);
    await project.deploy();
    const { id } = await project.container('f');
    const port = await freePort();
    const { NetworkSettings: network } = await docker.getContainer(id).inspect();
    const address = Object.values(network.Networks)[0]?.IPAddress ?? '';
    const args = ['-proto', 'tcp', '-host-ip', '127.0.0.1', '-host-port', String(port)];
    const child = spawn(program, [...args, '-container-ip', address, '-container-port', '3000'], {
      // The proxy tells its starter over the third descriptor that it listens.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    bench.after(async () => {
      child.kill();
      await ended;
    });
    await until(
      'docker-proxy to answer',
      async () => (await http(`http://127.0.0.1:${port}/`)).status === 200,
    );
    const router = await startRouter(bench, 'builtin');
    await router.serve([entry('/', 'f', port)]);
    return await compareWays(bench, port, router, [32, 256]);
  },
};
