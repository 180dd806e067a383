import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { errorFromData, FaasoError } from '../core/errors.ts';
import type { ErrorData } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { boundLog } from '../files/bounded-log.ts';
import { prepareHome } from '../files/home.ts';
import { findPaths } from '../files/project-paths.ts';
import type { ProjectLocation } from './api.ts';

const START_MS = 30_000;
/** Node's 16 MB twice for what is young would make a daemon that mostly waits 15 MB larger, for no measured gain. */
const YOUNG = '--max-semi-space-size=4';

/** What a daemon says to whoever started it. */
export type LaunchMessage =
  { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly error: ErrorData };

/** The daemon's arguments: further files, and whether the names are those that an apply was asked for ({@link checkFirst}). */
export const DAEMON_OPTIONS = {
  file: { type: 'string', short: 'f', multiple: true },
  check: { type: 'boolean' },
} as const;

/**
 * Starts the daemon in a session of its own; resolves with its pid once it answers on its socket. With the `names` of
 * an apply it ends again where that would fail anyway, and this rejects with the reason.
 */
export async function startDaemon(
  { file, overlays, env }: ProjectLocation,
  names?: readonly string[],
): Promise<number> {
  const { paths } = await findPaths(file, env);
  const entry = fileURLToPath(new URL(`./main${sourceExtension()}`, import.meta.url));
  await prepareHome(paths);
  const log = openLog(paths.daemonLog);
  const check = names === undefined ? [] : ['--check', '--', ...names];
  const args = [file, ...overlays.flatMap((overlay) => ['-f', overlay]), ...check];
  const child = spawn(process.execPath, [...process.execArgv, YOUNG, entry, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...env },
    cwd: dirname(file),
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(late(paths)), START_MS);
      child.once('error', (cause) => reject(failed(paths, cause)));
      child.once('exit', (code) => reject(failed(paths, new Error(`exit code ${String(code)}`))));
      child.on('message', (message: LaunchMessage) => {
        if (message.kind === 'ready') resolve();
        else reject(errorFromData(message.error));
      });
    });
  } finally {
    clearTimeout(timer);
    closeSync(log);
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

/** A link is not followed: the folder may have come from anybody, with a link to a file of this user's. */
function openLog(path: string): number {
  boundLog(path);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ELOOP')) throw cause;
    throw new FaasoError('state-unreadable', `${path} is a link, which is not followed`, {
      cause,
      hint: 'look where .faaso/ came from, and remove it',
    });
  }
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
