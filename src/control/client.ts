import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

import { projectPaths } from '../core/paths.ts';
import type { ProjectPaths } from '../core/paths.ts';
import type { ProjectStatus } from '../core/state.ts';
import { lockOwner } from '../files/lock.ts';
import type { LockOwner } from '../files/lock.ts';
import type { Client, DaemonStatus, DownAnswer, ProjectLocation, RunAnswer } from './api.ts';
import { ask, askStream } from './http.ts';
import { newRunId } from './runs.ts';

const STOP_MS = 20_000;
const POLL_MS = 20;

/** Speaks to the project's daemon where one runs; does in this process what needs none. Cheap: loads lazily. */
export function createClient(location: ProjectLocation): Client {
  // Most verbs need the engine, the builder and the parsers only when no daemon can answer.
  const local = () => import('./local.ts');
  return {
    plan: async (names) => await (await local()).planLocally(location, names),
    build: async (...request) => await (await local()).buildLocally(location, ...request),
    exportContext: async (name, folder) => await (await local()).exportLocally(location, name, folder),
    logs: async (...request) => await (await local()).logsLocally(location, ...request),
    engine: async () => await (await local()).engineInfo(location),
    status: async () => {
      const owner = await daemonOf(location);
      if (owner === undefined) return await (await local()).statusLocally(location);
      return await ask<ProjectStatus>(owner.socket, 'GET', '/v1/status');
    },
    apply: async (names, listener, signal) => await apply(location, names, listener, signal),
    down: async ({ images }, listener) => {
      const owner = await daemonOf(location);
      if (owner === undefined) return await (await local()).downLocally(location, images, listener);
      const answer = await askStream<DownAnswer>(
        owner.socket,
        '/v1/down',
        { runId: newRunId(), images },
        listener,
      );
      await whenGone(location, owner);
      return answer;
    },
    daemon: {
      status: () => daemonStatus(location),
      stop: async () => (await stopDaemon(location)) !== undefined,
      restart: async () => {
        await stopDaemon(location);
        const { startDaemon } = await import('./launch.ts');
        return await startDaemon(location, await pathsOf(location));
      },
    },
  };
}

/** The daemon that serves the project, whoever started it. */
async function daemonOf(location: ProjectLocation): Promise<LockOwner | undefined> {
  return await lockOwner((await pathsOf(location)).lock);
}

/** Ends the daemon, leaving the router and the functions; resolves with its owner when it is gone. */
export async function stopDaemon(location: ProjectLocation): Promise<LockOwner | undefined> {
  const owner = await daemonOf(location);
  if (owner === undefined) return undefined;
  await ask(owner.socket, 'POST', '/v1/stop');
  await whenGone(location, owner);
  return owner;
}

async function apply(
  location: ProjectLocation,
  names: readonly string[],
  listener: Parameters<Client['apply']>[1],
  signal: AbortSignal,
): Promise<RunAnswer> {
  let socket = (await daemonOf(location))?.socket;
  let daemonStarted: number | null = null;
  if (socket === undefined) {
    const { checkBeforeStart, startDaemon } = await import('./launch.ts');
    await checkBeforeStart(location);
    const paths = await pathsOf(location);
    daemonStarted = await startDaemon(location, paths);
    socket = (await lockOwner(paths.lock))?.socket ?? paths.controlSocket;
  }
  const to = socket;
  const runId = newRunId();
  const cancel = (): void => {
    void ask(to, 'DELETE', `/v1/runs/${runId}`).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const by = `pid ${process.pid}`;
    const body = { runId, by, names, env: location.env };
    const answer = await askStream<RunAnswer>(to, '/v1/runs', body, listener, () => {
      if (signal.aborted) cancel();
    });
    return { ...answer, daemonStarted };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function daemonStatus(location: ProjectLocation): Promise<DaemonStatus> {
  const paths = await pathsOf(location);
  const owner = await lockOwner(paths.lock);
  if (owner !== undefined) return await ask<DaemonStatus>(owner.socket, 'GET', '/v1/daemon');
  return {
    running: false,
    pid: null,
    version: null,
    mode: null,
    watching: false,
    since: null,
    socket: paths.controlSocket,
    log: paths.daemonLog,
  };
}

async function pathsOf({ file, env }: ProjectLocation): Promise<ProjectPaths> {
  const root = await realpath(dirname(file));
  return projectPaths(root, { uid: process.getuid?.() ?? 0, runtimeDir: env['XDG_RUNTIME_DIR'] });
}

async function whenGone(location: ProjectLocation, owner: LockOwner): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  while (Date.now() < deadline) {
    if ((await daemonOf(location))?.pid !== owner.pid) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
