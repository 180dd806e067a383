import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Skipped } from '../figure.ts';
import type { Bench } from './bench.ts';
import { freePort } from '../../support/ports.ts';
import { startPeer } from './peer.ts';
import type { Peer } from './peer.ts';

/** Set-up is plain JavaScript, because it runs before anything is compiled. */
interface Setup {
  ensureCaddy(report: {
    working(name: string, text: string): void;
  }): Promise<{ readonly text: string; readonly folder?: string }>;
}

/** A Caddy that passes everything on to a port of this machine. Throws {@link Skipped} where there is none. */
export async function startCaddy(bench: Bench, upstream: number): Promise<Peer> {
  const program = await caddyProgram(bench);
  const folder = mkdtempSync(join(tmpdir(), 'faaso-bench-'));
  bench.after(async () => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(folder, 'Caddyfile');
  const site = `http://127.0.0.1:${port} {\n\treverse_proxy 127.0.0.1:${upstream}\n}\n`;
  writeFileSync(config, `{\n\tadmin off\n\tpersist_config off\n\tauto_https off\n}\n${site}`);
  return await startPeer(bench, port, program, ['run', '--adapter', 'caddyfile', '--config', config], {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
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
