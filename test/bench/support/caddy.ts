import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Skipped } from '../figure.ts';
import type { Bench } from './bench.ts';
import { http } from '../../support/project-http.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const VERSION = 'v2.10.2';
const BUILD_MS = 600_000;

export interface Caddy {
  readonly url: string;
  readonly pid: number;
}

/** A Caddy that passes everything on to a port of this machine. Throws {@link Skipped} where there is none. */
export async function startCaddy(bench: Bench, upstream: number): Promise<Caddy> {
  const program = await caddyProgram(bench);
  const folder = mkdtempSync(join(tmpdir(), 'faaso-bench-'));
  bench.after(async () => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(folder, 'Caddyfile');
  const site = `http://127.0.0.1:${port} {\n\treverse_proxy 127.0.0.1:${upstream}\n}\n`;
  writeFileSync(config, `{\n\tadmin off\n\tpersist_config off\n\tauto_https off\n}\n${site}`);
  const child = spawn(program, ['run', '--adapter', 'caddyfile', '--config', config], {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  bench.after(async () => {
    child.kill();
    await ended;
  });
  if (child.pid === undefined) throw new Skipped(`${program} does not start`);
  const url = `http://127.0.0.1:${port}`;
  await until('Caddy to answer', async () => (await http(url)).status === 200);
  return { url, pid: child.pid };
}

/** Debian's is too old to compare with, so one is built where Go is there, and kept for the next time. */
async function caddyProgram(bench: Bench): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'faaso-bench', `caddy-${VERSION}`);
  const program = join(folder, 'caddy');
  if (existsSync(program)) return program;
  await run('go', ['version']).catch(() => {
    throw new Skipped(`no Caddy ${VERSION} in ${folder}, and no Go to build it with`);
  });
  bench.note(`builds Caddy ${VERSION} once, into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'build-'));
  try {
    const env = { ...process.env, GOBIN: work };
    await run('go', ['install', `github.com/caddyserver/caddy/v2/cmd/caddy@${VERSION}`], {
      env,
      timeout: BUILD_MS,
    });
    renameSync(join(work, 'caddy'), program);
  } catch (error) {
    throw new Skipped(`Caddy ${VERSION} could not be built: ${String(error)}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}
