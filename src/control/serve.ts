import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { errorData, FaasoError, toFaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { createFaaso, createRouter } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { boundLog } from '../files/bounded-log.ts';
import { prepareHome } from '../files/home.ts';
import { acquireLock, holdsLock } from '../files/lock.ts';
import type { Store } from '../reconcile/store.ts';
import type { DaemonStatus, Listener, ProjectLocation, ServeOptions, Serving } from './api.ts';
import { ask } from './http.ts';
import { endDaemonAt, leaveOldPlace } from './moved.ts';
import { ControlPlane } from './plane.ts';
import { leaveRunFolder, prepareRunFolder } from './run-folder.ts';
import { emitter, newRunId } from './runs.ts';
import { createServer, listen } from './server.ts';
import { stopDaemon } from './stop-daemon.ts';
import { version } from './version.ts';
import { Watcher } from './watcher.ts';

/** How often a control plane looks whether the project is still its own, and how long its logs are. */
const LOOK_MS = 2000;

/**
 * Runs the control plane in this process until it is told to stop. Resolves once the control socket answers and
 * the first apply (with `watch`, or in the foreground when nothing was applied yet) or take-over is done. Rejects
 * with `daemon-running`, naming the other's pid and user; a daemon in the background is taken over.
 */
export async function serve(
  location: ProjectLocation,
  options: ServeOptions,
  listener: Listener,
): Promise<Serving> {
  const faaso = await createFaaso(location.file, location.env);
  const emit = emitter(newRunId(), listener);
  const { paths } = faaso;
  const tellFailure = (error: unknown): void => emit({ kind: 'failure', error: errorData(error) });
  const { store, release } = await open(faaso, location, options, (message) =>
    emit({ kind: 'notice', message }),
  ).catch((error: unknown) => {
    faaso.close();
    throw error;
  });
  const router = createRouter(paths);
  const plane = new ControlPlane({ faaso, store, router, location, listener });
  const since = new Date().toISOString();
  let end: (value: { readonly reason: string }) => void = () => undefined;
  const ended = new Promise<{ readonly reason: string }>((resolve) => {
    end = resolve;
  });
  let closing: Promise<void> | undefined;
  const close = (mode: 'leave' | 'stop'): Promise<void> => {
    closing ??= closeAll(mode);
    return closing;
  };
  const endWith = (reason: string, mode: 'leave' | 'stop'): void =>
    void close(mode)
      .catch(tellFailure)
      .then(() => end({ reason }));
  const server = createServer({
    plane,
    daemon: (): DaemonStatus => ({
      running: true,
      pid: process.pid,
      version: version(),
      mode: options.mode,
      watching: options.watch,
      since,
      socket: paths.controlSocket,
      log: paths.daemonLog,
      program: fileURLToPath(import.meta.url),
    }),
    end: endWith,
  });
  const watcher = new Watcher({
    root: faaso.root,
    onChange: () =>
      plane.applyChange(plane.reading).catch((error: unknown) => {
        tellFailure(error);
        throw error;
      }),
    onPolling: () =>
      emit({
        kind: 'notice',
        message:
          'out of inotify watches: files are polled; raise fs.inotify.max_user_watches to watch them properly',
      }),
  });
  const look = setInterval(() => {
    boundLog(paths.daemonLog);
    boundLog(paths.routerLog);
    void holdsLock(paths.lock).then((holds) => {
      if (!holds) endWith(`${paths.lock} is gone: the folder was moved, removed or cleared`, 'leave');
    });
  }, LOOK_MS);
  const closeAll = async (mode: 'leave' | 'stop'): Promise<void> => {
    clearInterval(look);
    const errors: unknown[] = [];
    const steps = [
      () => watcher.close(),
      () => plane.close(),
      () => router.close(mode),
      () => server.close(),
      () => removeSocket(paths),
      () => release(),
    ];
    // One that fails keeps none of those after it from being done.
    for (const step of steps) await step().catch((error: unknown) => errors.push(error));
    faaso.close();
    if (errors.length > 0) throw toFaasoError(errors[0]);
  };
  options.signal?.addEventListener('abort', () => plane.interrupt(), { once: true });
  try {
    await listen(server, paths.controlSocket);
    await start({ plane, watcher, faaso, location, options, fresh: store.read() === undefined });
  } catch (error) {
    // Interrupted at its start it is as if it had started: the caller stops it.
    if (options.signal?.aborted !== true) {
      await close(store.read() === undefined ? 'stop' : 'leave').catch(tellFailure);
      throw error;
    }
  }
  return {
    get url() {
      return plane.url;
    },
    get routes() {
      return plane.routes;
    },
    ended,
    stop: () => close(options.mode === 'foreground' ? 'stop' : 'leave'),
  };
}

interface StartParts {
  readonly plane: ControlPlane;
  readonly watcher: Watcher;
  readonly faaso: Faaso;
  readonly location: ProjectLocation;
  readonly options: ServeOptions;
  /** Whether nothing was ever applied. */
  readonly fresh: boolean;
}

/** The first apply or take-over. In the background it goes on by itself once the router is up, or cannot be yet. */
async function start({ plane, watcher, faaso, location, options, fresh }: StartParts): Promise<void> {
  if (options.mode === 'background') {
    await plane.beginTakeOver();
    return;
  }
  await plane.takeOver();
  // Watched before the first apply, so that an edit during it is not missed.
  if (options.watch) await watcher.follow(await watchedPaths(faaso, location));
  if (!options.watch && !fresh) return;
  const watched = await plane.applyChange(location);
  if (options.watch) await watcher.follow(watched);
}

async function watchedPaths(faaso: Faaso, location: ProjectLocation): Promise<readonly string[]> {
  return await faaso.load(location).then(
    (loaded) => loaded.watched,
    () => [faaso.file, ...location.overlays],
  );
}

/** What only one process at a time may have: the lock and the state, with nobody left who thinks that they are his. */
async function open(
  faaso: Faaso,
  location: ProjectLocation,
  options: ServeOptions,
  notice: (message: string) => void,
): Promise<{ readonly store: Store; readonly release: () => Promise<void> }> {
  const { paths, root } = faaso;
  await prepareHome(paths);
  const release = await lock(faaso, location, options, notice);
  try {
    // The one that held the lock before may have taken the folder away at its end.
    await prepareRunFolder(paths.run, root);
    await writeFileAtomic(paths.runRecord, paths.run, 0o600);
    // A daemon whose lock was removed under it: it would heal against this one.
    await endDaemonAt(paths.controlSocket);
    const store = await faaso.store();
    const oldRoot = store.read()?.root ?? root;
    if (oldRoot !== root) await leaveOldPlace(oldRoot, location.env, paths);
    return { store, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Leaves the folder while the router's socket is in it, and the socket of a daemon that came after. */
async function removeSocket({ lock: path, controlSocket, run }: ProjectPaths): Promise<void> {
  if (!(await holdsLock(path))) return;
  await rm(controlSocket, { force: true });
  await leaveRunFolder(run);
}

async function lock(
  faaso: Faaso,
  location: ProjectLocation,
  options: ServeOptions,
  notice: (message: string) => void,
): Promise<() => Promise<void>> {
  for (let tries = 0; ; tries += 1) {
    const result = await acquireLock(faaso.paths.lock, faaso.paths.controlSocket);
    if (result.kind === 'acquired') return result.release;
    const { pid, uid, socket } = result.owner;
    const other = await ask<DaemonStatus>(socket, 'GET', '/v1/daemon').catch(() => undefined);
    if (options.mode === 'foreground' && other?.mode === 'background' && tries === 0) {
      notice(`takes over from the daemon in the background (pid ${pid})`);
      await stopDaemon(location);
      continue;
    }
    throw new FaasoError(
      'daemon-running',
      `another faaso (pid ${pid}, user ${uid}) serves this project already`,
      {
        hint: 'faaso status shows it; end it with Ctrl-C in its terminal or with "faaso daemon stop"',
      },
    );
  }
}
