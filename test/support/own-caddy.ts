import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { findProgram } from '../../src/router/caddy/program.ts';
import { askAdmin } from './caddy-admin.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** A user with no rights to anything. */
const NOBODY = 65_534;

/** A Caddy that belongs to a user of the machine; it runs as nobody where it can. It ends with the test. */
export interface OwnCaddy {
  /** Of its admin API. */
  readonly port: number;
  /** Of a server of the user's, which answers `mine`. */
  readonly foreignPort: number;
  /** Ends it hard and starts it again, with the user's server or with nothing. */
  restart(config: 'mine' | 'empty'): Promise<void>;
  kill(): Promise<void>;
  /** The user's server as Caddy has it. */
  foreign(): Promise<unknown>;
}

export async function startOwnCaddy(): Promise<OwnCaddy> {
  const folder = mkdtempSync(join(tmpdir(), 't-own-caddy-'));
  chmodSync(folder, 0o777);
  const program = await findProgram('caddy');
  const port = await freePort();
  const foreignPort = await freePort();
  const mine = {
    listen: [`127.0.0.1:${foreignPort}`],
    routes: [{ handle: [{ handler: 'static_response', body: 'mine' }] }],
  };
  let child: ChildProcess | undefined;
  const start = async (config: 'mine' | 'empty'): Promise<void> => {
    child = run(folder, program);
    const given = {
      admin: { listen: `127.0.0.1:${port}`, config: { persist: false } },
      ...(config === 'mine' ? { apps: { http: { servers: { mine } } } } : {}),
    };
    child.stdin?.end(JSON.stringify(given));
    await until(
      'its admin API answers',
      async () => (await askAdmin({ port }, 'GET', '/config/')).status === 200,
    );
  };
  const kill = async (): Promise<void> => {
    const gone = child;
    if (gone === undefined || gone.exitCode !== null || gone.signalCode !== null) return;
    const ended = new Promise((resolve) => gone.once('exit', resolve));
    gone.kill('SIGKILL');
    await ended;
  };
  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await start('mine');
  return {
    port,
    foreignPort,
    kill,
    restart: async (config) => {
      await kill();
      await start(config);
    },
    foreign: async () => (await askAdmin({ port }, 'GET', '/config/apps/http/servers/mine')).value,
  };
}

/** The program may lie where only root looks, so it is handed over open. */
function run(folder: string, program: string): ChildProcess {
  const isRoot = process.getuid?.() === 0;
  const drop = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '/proc/self/fd/3'];
  return spawn(isRoot ? 'setpriv' : program, [...(isRoot ? drop : []), 'run', '--config', '-'], {
    cwd: '/',
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore', openSync(program, 'r')],
  });
}
