import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { freePort } from './ports.ts';
import { http } from './project-http.ts';
import { until } from './until.ts';

/** Runs what was exported, at another port than the one it was written for; it ends with the test. Gives its URL. */
export async function runExported(
  text: string,
  adapter: 'json' | 'caddyfile',
  port: number,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 't-export-caddy-'));
  const other = await freePort();
  const moved = text.replaceAll(`:${port}`, `:${other}`);
  const config = join(folder, 'config');
  writeFileSync(
    config,
    adapter === 'caddyfile' ? moved.replace('{\n', '{\n\tadmin off\n') : withoutAdmin(moved),
  );
  const how = adapter === 'caddyfile' ? ['--adapter', 'caddyfile'] : [];
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn('caddy', ['run', '--config', config, ...how], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${other}`;
  await until(
    'Caddy answers',
    async () =>
      await http(url)
        .then(() => true)
        .catch(() => undefined),
  );
  return url;
}

function withoutAdmin(json: string): string {
  return JSON.stringify({ ...(JSON.parse(json) as object), admin: { disabled: true } });
}
