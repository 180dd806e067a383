import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { checkCaddy } from '../../src/router/caddy/binary.ts';

const run = promisify(execFile);

/** Why tests of `router.kind: caddy` cannot run here: for the name of a skipped suite; empty when they can. */
export const CADDY_LACKS: string = await checkCaddy('caddy').then(
  () => '',
  (error: Error) => ` skipped: ${error.message}`,
);

/** Whether the Caddy of this machine takes a configuration; rejects with what it says against it. Keys that it makes lie in a folder that goes. */
export async function caddyTakes(text: string, adapter: 'json' | 'caddyfile'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 't-caddy-'));
  try {
    const file = join(folder, 'config');
    // Folders that are open when faaso starts it.
    writeFileSync(file, text.replaceAll(/\/proc\/self\/fd\/\d/g, folder));
    const how = adapter === 'caddyfile' ? ['--adapter', 'caddyfile'] : [];
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    await run('caddy', ['validate', '--config', file, ...how], { env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A Caddyfile as `caddy fmt` lays it out. */
export async function caddyFormats(text: string): Promise<string> {
  const child = run('caddy', ['fmt', '-']);
  child.child.stdin?.end(text);
  return (await child).stdout;
}
