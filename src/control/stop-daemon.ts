import { setTimeout as delay } from 'node:timers/promises';

import { FaasoError } from '../core/errors.ts';
import { isListening } from '../files/listening.ts';
import { lockOwner } from '../files/lock.ts';
import type { LockOwner } from '../files/lock.ts';
import { findPaths } from '../files/project-paths.ts';
import type { ProjectLocation } from './api.ts';
import { ask } from './http.ts';

/** A daemon that can answer does so at once. */
const ANSWER_MS = 5000;
/** It lets a cancelled run undo what it began. */
const STOP_MS = 30_000;
/** Whoever did not answer is rarely going to end by itself. */
const KILL_MS = 2000;
/** It takes its lock, which names the socket, a moment before it listens there. */
const LISTEN_MS = 3000;
const POLL_MS = 20;

/** The daemon that serves the project, whoever started it. One that starts is waited for until it listens. */
export async function daemonOf(location: ProjectLocation): Promise<LockOwner | undefined> {
  const deadline = performance.now() + LISTEN_MS;
  for (;;) {
    const owner = await holderOf(location);
    if (owner === undefined || performance.now() > deadline || (await isListening(owner.socket)))
      return owner;
    await delay(POLL_MS);
  }
}

async function holderOf({ file, env }: ProjectLocation): Promise<LockOwner | undefined> {
  return await lockOwner((await findPaths(file, env)).paths.lock);
}

/**
 * Ends the daemon, leaving the router and the functions; resolves with its owner when it is gone. One that does not
 * answer is ended by force, which costs nothing: the next start goes on from what is applied.
 */
export async function stopDaemon(location: ProjectLocation): Promise<LockOwner | undefined> {
  const owner = await daemonOf(location);
  if (owner === undefined) return undefined;
  const isTold = await ask(owner.socket, 'POST', '/v1/stop', ANSWER_MS).then(
    () => true,
    () => false,
  );
  if (isTold && (await whenGone(location, owner, STOP_MS))) return owner;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await kill(location, owner, signal);
    if (await whenGone(location, owner, KILL_MS)) return owner;
  }
  throw new FaasoError('daemon-unreachable', `the daemon (pid ${owner.pid}) does not end`, {
    hint: `it may hang in the kernel, as on a network drive: cat /proc/${owner.pid}/stack`,
  });
}

/** Whether the daemon is gone before `ms` milliseconds are over. */
export async function whenGone(location: ProjectLocation, owner: LockOwner, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while ((await holderOf(location))?.pid === owner.pid) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

async function kill(location: ProjectLocation, owner: LockOwner, signal: NodeJS.Signals): Promise<void> {
  // Asked for anew, so that nobody else is hit whom the system gave the same pid.
  if ((await holderOf(location))?.pid !== owner.pid) return;
  try {
    process.kill(owner.pid, signal);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ESRCH') return;
    throw new FaasoError('daemon-running', `the daemon (pid ${owner.pid}) is user ${owner.uid}'s`, {
      cause,
      hint: 'run this as that user, or as root',
    });
  }
}
