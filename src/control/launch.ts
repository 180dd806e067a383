import { spawn } from 'node:child_process';
import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { errorFromData, FaasoError } from '../core/errors.ts';
import type { ErrorData } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { createFaaso } from '../faaso.ts';
import type { ProjectLocation } from './api.ts';

const START_MS = 30_000;
const LOG_LIMIT = 5 * 1024 * 1024;

/** What a daemon says to whoever started it. */
export type LaunchMessage =
  { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly error: ErrorData };

/** Rejects with what would make a first apply fail anyway, before a process is started for it. */
export async function checkBeforeStart({ file, env }: ProjectLocation): Promise<void> {
  const faaso = await createFaaso(file, env);
  try {
    await Promise.all([faaso.load(env), faaso.engine.info()]);
  } finally {
    faaso.close();
  }
}

/** Starts the daemon in a session of its own; resolves with its pid once it answers on its socket. */
export async function startDaemon({ file, env }: ProjectLocation, paths: ProjectPaths): Promise<number> {
  const entry = fileURLToPath(new URL(`./main${sourceExtension()}`, import.meta.url));
  const log = openLog(paths.daemonLog);
  const child = spawn(process.execPath, [...process.execArgv, entry, file], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...env },
    cwd: dirname(file),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(late(paths)), START_MS);
      child.once('error', (cause) => reject(failed(paths, cause)));
      child.once('exit', (code) => reject(failed(paths, new Error(`exit code ${String(code)}`))));
      child.on('message', (message: LaunchMessage) => {
        clearTimeout(timer);
        if (message.kind === 'ready') resolve();
        else reject(errorFromData(message.error));
      });
    });
  } finally {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
  if (child.pid === undefined) throw failed(paths, new Error('no pid'));
  return child.pid;
}

/** `.ts` when faaso runs from its sources, `.js` when it was compiled. */
function sourceExtension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function late(paths: ProjectPaths): FaasoError {
  return new FaasoError('daemon-start-failed', `the daemon did not answer within ${START_MS / 1000} s`, {
    hint: `see ${paths.daemonLog}`,
  });
}

function failed(paths: ProjectPaths, cause: unknown): FaasoError {
  return new FaasoError('daemon-start-failed', 'the daemon ended at its start', {
    cause,
    hint: `see ${paths.daemonLog}`,
  });
}
