import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { findProgram } from '../../src/router/caddy/program.ts';

/** Runs a user's Caddy with the Caddyfile that `write` makes for a folder of its own; gives the folder. It ends with the test. */
export async function startCaddyfile(write: (folder: string) => string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 't-caddyfile-'));
  chmodSync(folder, 0o777);
  const program = await findProgram('caddy');
  const child = spawn(program, ['run', '--adapter', 'caddyfile', '--config', '-'], {
    cwd: '/',
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  child.stdin?.end(write(folder));
  return folder;
}
