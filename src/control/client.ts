import { access } from 'node:fs/promises';

import { workingFolder } from '../core/command.ts';
import { FaasoError } from '../core/errors.ts';
import type { PruneAnswer } from '../core/disk.ts';
import { completed } from './older-status.ts';
import type { OlderStatus } from './older-status.ts';
import type { LockOwner } from '../files/lock.ts';
import { findPaths } from '../files/project-paths.ts';
import type {
  Client,
  DaemonStatus,
  DownAnswer,
  Listener,
  ProjectLocation,
  RunAction,
  RunAnswer,
} from './api.ts';
import { ask, askStream } from './http.ts';
import { emitter, newRunId } from './runs.ts';
import { daemonOf, stopDaemon, whenGone } from './stop-daemon.ts';
import { version } from './version.ts';

/** For what the daemon answers at once, unless it hangs. */
const SOON_MS = 5000;
/** Requests in flight are finished first. */
const DOWN_MS = 60_000;

/** Speaks to the project's daemon where one runs; does in this process what needs none. Cheap: loads lazily. */
export function createClient(location: ProjectLocation): Client {
  // Most verbs need the engine, the builder and the parsers only when no daemon can answer.
  const local = () => import('./local.ts');
  const secrets = () => import('./secrets.ts');
  return {
    plan: async (names) => await (await local()).planLocally(location, names),
    build: async (...request) => await (await local()).buildLocally(location, ...request),
    exportContext: async (name, folder) => await (await local()).exportLocally(location, name, folder),
    exportCaddy: async () => await (await local()).exportCaddyLocally(location),
    accessLog: async (...request) => await (await local()).accessLogLocally(location, ...request),
    logs: async (...request) => await (await local()).logsLocally(location, ...request),
    invoke: async (...request) => await (await local()).invokeLocally(location, ...request),
    test: async (...request) => await (await local()).testLocally(location, ...request),
    exec: async (...request) => await (await local()).execLocally(location, ...request),
    explain: async (...request) => await (await local()).explainLocally(location, ...request),
    engine: async () => await (await local()).engineInfo(location),
    status: async () => {
      const owner = await daemonOf(location);
      if (owner === undefined) return await (await local()).statusLocally(location);
      try {
        await ask(owner.socket, 'GET', '/v1/daemon', SOON_MS);
        const path = `/v1/status?cwd=${encodeURIComponent(workingFolder())}`;
        return completed(await ask<OlderStatus>(owner.socket, 'GET', path));
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        const status = await (await local()).statusLocally(location);
        const problem = `${error.message} (pid ${owner.pid}): faaso daemon restart ends it and starts another`;
        return { ...status, problems: [problem, ...status.problems] };
      }
    },
    run: async (action, listener, signal) => await run(location, action, listener, signal),
    adoption: async () => await (await local()).adoptionLocally(location),
    adopt: async (adoption, listener, signal) => {
      await (await local()).handOverLocally(location, adoption);
      // Their labels name the other folder.
      return await run(location, { kind: 'restart', names: [] }, listener, signal);
    },
    disk: async () => await (await local()).diskLocally(location),
    prune: async (flags, listener) => {
      const owner = flags.dryRun ? undefined : await daemonOf(location);
      if (owner === undefined) return await (await local()).pruneLocally(location, flags);
      return await askStream<PruneAnswer>(owner.socket, '/v1/prune', { runId: newRunId(), flags }, listener);
    },
    down: async (flags, listener) => {
      const owner = await daemonOf(location);
      if (owner === undefined || !(await isAnswering(owner))) {
        await stopDaemon(location);
        const answer = await (await local()).downLocally(location, flags, listener);
        return { ...answer, daemonStopped: owner !== undefined };
      }
      const answer = await askStream<DownAnswer>(
        owner.socket,
        '/v1/down',
        { runId: newRunId(), ...flags },
        listener,
      );
      await whenGone(location, owner, DOWN_MS);
      return answer;
    },
    releases: async (name) => await (await import('./releases.ts')).releasesLocally(location, name),
    secrets: {
      list: async () => await (await secrets()).listSecrets(location),
      set: async (name, value, listener, signal) =>
        await (
          await secrets()
        ).setSecret(location, name, value, () =>
          run(location, { kind: 'rotate', secret: name }, listener, signal),
        ),
      remove: async (name) => await (await secrets()).removeSecret(location, name),
    },
    daemon: {
      status: () => daemonStatus(location),
      stop: async () => (await stopDaemon(location)) !== undefined,
      restart: async () => {
        await stopDaemon(location);
        const { startDaemon } = await import('./launch.ts');
        return await startDaemon(location);
      },
    },
  };
}

/** A run that had nothing to be about. */
const NOTHING_DONE: Omit<RunAnswer, 'runId'> = {
  failed: [],
  changed: [],
  unchanged: [],
  interrupted: false,
  url: '',
  routes: [],
  routerDown: null,
  daemonStarted: null,
};

/** The socket of a daemon of this version that answers, and its pid when it was started for this call. */
interface Ready {
  readonly socket: string;
  readonly started: number | null;
}

async function run(
  location: ProjectLocation,
  action: RunAction,
  listener: Listener,
  signal: AbortSignal,
): Promise<RunAnswer> {
  const ready = await readyDaemon(location, action, listener);
  const runId = newRunId();
  if (ready === undefined) return { runId, ...NOTHING_DONE };
  const { socket, started } = ready;
  const cancel = (): void => {
    void ask(socket, 'DELETE', `/v1/runs/${runId}`).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const by = `pid ${process.pid}`;
    const body = { runId, by, action, ...location };
    const answer = await askStream<RunAnswer>(socket, '/v1/runs', body, listener, () => {
      if (signal.aborted) cancel();
    });
    return { ...answer, daemonStarted: started };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The daemon that does it; `undefined` where none runs and there is nothing to do for one. */
async function readyDaemon(
  location: ProjectLocation,
  action: RunAction,
  listener: Listener,
): Promise<Ready | undefined> {
  const owner = await daemonOf(location);
  if (owner === undefined) {
    if (action.kind === 'apply') return await startedDaemon(location, action.names);
    // A daemon that would only say no is not left behind.
    const { checkLocally } = await import('./local.ts');
    return (await checkLocally(location, action)) ? await startedDaemon(location) : undefined;
  }
  const daemon = await ask<DaemonStatus>(owner.socket, 'GET', '/v1/daemon', SOON_MS);
  const why = await outdated(daemon);
  if (why === undefined) return { socket: owner.socket, started: null };
  const emit = emitter(newRunId(), listener);
  const which = `the daemon (pid ${owner.pid}) ${why}`;
  if (daemon.mode === 'foreground') {
    emit({ kind: 'notice', message: `${which}: end it with Ctrl-C in its terminal and start it again` });
    return { socket: owner.socket, started: null };
  }
  emit({ kind: 'notice', message: `${which}: it is replaced; router and functions go on` });
  await stopDaemon(location);
  return await startedDaemon(location);
}

async function startedDaemon(location: ProjectLocation, names?: readonly string[]): Promise<Ready> {
  const { startDaemon } = await import('./launch.ts');
  let started: number | null = null;
  try {
    started = await startDaemon(location, names);
  } catch (error) {
    // Another verb that began at the same moment was quicker: its daemon serves both.
    if (!(error instanceof FaasoError) || error.code !== 'daemon-running') throw error;
  }
  const owner = await daemonOf(location);
  if (owner === undefined) {
    throw new FaasoError('daemon-unreachable', 'the daemon ended as soon as it had started', {
      hint: 'see .faaso/state/daemon.log, and run this again',
    });
  }
  return { socket: owner.socket, started };
}

/** Why a daemon should make place for one of this faaso. Its templates and modules are read from its own folder. */
async function outdated(daemon: DaemonStatus): Promise<string | undefined> {
  if (daemon.version !== version()) return `is of faaso ${daemon.version ?? 'unknown'}, this is ${version()}`;
  if (daemon.program === undefined) return undefined;
  return await access(daemon.program).then(
    () => undefined,
    () => `runs from ${daemon.program ?? ''}, which is gone`,
  );
}

async function daemonStatus(location: ProjectLocation): Promise<DaemonStatus> {
  const owner = await daemonOf(location);
  if (owner !== undefined) return await ask<DaemonStatus>(owner.socket, 'GET', '/v1/daemon', SOON_MS);
  const { paths } = await findPaths(location.file, location.env);
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

async function isAnswering({ socket }: LockOwner): Promise<boolean> {
  return await ask(socket, 'GET', '/v1/daemon', SOON_MS).then(
    () => true,
    (error: unknown) => !isUnreachable(error),
  );
}

function isUnreachable(error: unknown): error is FaasoError {
  return error instanceof FaasoError && error.code === 'daemon-unreachable';
}
