import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Skipped } from '../figure.ts';
import type { Bench } from './bench.ts';
import { http } from '../../support/project-http.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

/** Set-up is plain JavaScript, because it runs before anything is compiled. */
interface Setup {
  ensureCaddy(report: {
    working(name: string, text: string): void;
  }): Promise<{ readonly text: string; readonly folder?: string }>;
}

/** A Caddy that passes everything on to a port of this machine. Throws {@link Skipped} where there is none. */
export async function startCaddy(bench: Bench, upstream: number): Promise<{ url: string; pid: number }> {
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
export async function caddyProgram(bench: Bench): Promise<string> {
  const setup = (await import(new URL('../../../src/setup/caddy.mjs', import.meta.url).href)) as Setup;
  const { folder, text } = await setup.ensureCaddy({
    working: (_: string, what: string) => bench.note(`Caddy: ${what}`),
  });
  if (folder === undefined) throw new Skipped(`Caddy: ${text}`);
  return join(folder, 'caddy');
}
