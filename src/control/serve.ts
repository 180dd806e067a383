import { mkdir, rm, rmdir } from 'node:fs/promises';

import { FaasoError } from '../core/errors.ts';
import { createFaaso } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import { acquireLock } from '../files/lock.ts';
import { prepareHome } from '../reconcile/store.ts';
import { createBuiltinRouter } from '../router/builtin/builtin.ts';
import type { DaemonStatus, Listener, ProjectLocation, ServeOptions, Serving } from './api.ts';
import { ask } from './http.ts';
import { ControlPlane } from './plane.ts';
import { prepareRunFolder } from './run-folder.ts';
import { emitter, newRunId } from './runs.ts';
import { createServer, listen } from './server.ts';
import { stopDaemon } from './stop-daemon.ts';
import { version } from './version.ts';
import { Watcher } from './watcher.ts';

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
  await prepareHome(faaso.paths);
  await prepareRunFolder(faaso.paths.run);
  const release = await lock(faaso, location, options, (message) => emit({ kind: 'notice', message }));
  const router = createBuiltinRouter({
    socketPath: faaso.paths.routerSocket,
    routesFile: faaso.paths.routes,
    logFile: faaso.paths.routerLog,
  });
  const store = await faaso.store();
  const plane = new ControlPlane({ faaso, store, router, env: location.env, listener });
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
  const server = createServer({
    plane,
    daemon: (): DaemonStatus => ({
      running: true,
      pid: process.pid,
      version: version(),
      mode: options.mode,
      watching: options.watch,
      since,
      socket: faaso.paths.controlSocket,
      log: faaso.paths.daemonLog,
    }),
    end: (reason, mode) => void close(mode).then(() => end({ reason })),
  });
  const watcher = new Watcher({
    root: faaso.root,
    onChange: () => plane.applyChange(plane.environment),
    onPolling: () =>
      emit({
        kind: 'notice',
        message:
          'out of inotify watches: files are polled; raise fs.inotify.max_user_watches to watch them properly',
      }),
  });
  const closeAll = async (mode: 'leave' | 'stop'): Promise<void> => {
    await watcher.close();
    await plane.close();
    await router.close(mode);
    await server.close();
    await rm(faaso.paths.controlSocket, { force: true });
    // Not empty while the router lives on.
    await rmdir(faaso.paths.run).catch(() => undefined);
    faaso.close();
    await release();
  };
  options.signal?.addEventListener('abort', () => plane.interrupt(), { once: true });
  try {
    await listen(server, faaso.paths.controlSocket);
    await start({ plane, watcher, faaso, location, options, fresh: store.read() === undefined });
  } catch (error) {
    // Interrupted at its start it is as if it had started: the caller stops it.
    if (options.signal?.aborted !== true) {
      await close(store.read() === undefined ? 'stop' : 'leave');
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

/** The first apply or take-over. In the background the take-over goes on by itself, so that the socket answers at once. */
async function start({ plane, watcher, faaso, location, options, fresh }: StartParts): Promise<void> {
  if (options.mode === 'background') {
    void plane.takeOver().catch(() => undefined);
    return;
  }
  await plane.takeOver();
  // Watched before the first apply, so that an edit during it is not missed.
  if (options.watch) await watcher.follow(await watchedPaths(faaso, location));
  if (!options.watch && !fresh) return;
  const watched = await plane.applyChange(location.env);
  if (options.watch) await watcher.follow(watched);
}

async function watchedPaths(faaso: Faaso, { env }: ProjectLocation): Promise<readonly string[]> {
  return await faaso.load(env).then(
    (loaded) => loaded.watched,
    () => [faaso.file],
  );
}

async function lock(
  faaso: Faaso,
  location: ProjectLocation,
  options: ServeOptions,
  notice: (message: string) => void,
): Promise<() => Promise<void>> {
  await mkdir(faaso.paths.state, { recursive: true });
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
