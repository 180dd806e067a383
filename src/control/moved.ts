import { access, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { ProjectPaths } from '../core/paths.ts';
import { createRouter } from '../faaso.ts';
import { isListening } from '../files/listening.ts';
import { pathsOfRoot } from '../files/project-paths.ts';
import type { ProjectLocation } from './api.ts';
import { ask } from './http.ts';

const ANSWER_MS = 5000;
const STOP_MS = 30_000;
const POLL_MS = 20;

/** Ends the daemon that listens on the socket, if there is one, leaving its router. */
export async function endDaemonAt(socketPath: string): Promise<void> {
  const deadline = performance.now() + STOP_MS;
  const isThere = async (): Promise<boolean> =>
    performance.now() < deadline && (await isListening(socketPath));
  if (!(await isThere())) return;
  await ask(socketPath, 'POST', '/v1/stop', ANSWER_MS).catch(() => undefined);
  while (await isThere()) await delay(POLL_MS);
}

/**
 * Takes over from the place that a project's folder has left: its daemon ends, because it would bring back whatever is
 * replaced from here; its router goes on and answers here from now on, so that no request is lost. The functions run on.
 */
export async function leaveOldPlace(
  oldRoot: string,
  env: ProjectLocation['env'],
  paths: ProjectPaths,
): Promise<void> {
  const old = await pathsOfRoot(oldRoot, env);
  // While it lives it starts its router again.
  await endDaemonAt(old.controlSocket);
  if (!(await takeRouter(old, paths))) {
    // What it serves is said in the folder, wherever that is now.
    const { routes } = (await exists(old.routes)) ? old : paths;
    await createRouter({ ...old, routes }).close('stop');
  }
  await rm(old.run, { recursive: true, force: true });
}

/** Whether the router of `from` is the one of `to` now. A socket keeps its listener under a new name. */
async function takeRouter(from: ProjectPaths, to: ProjectPaths): Promise<boolean> {
  if (!(await isListening(from.routerSocket)) || (await isListening(to.routerSocket))) return false;
  try {
    // Where it is Caddy its socket is a link into this folder, which Caddy has open.
    if (await exists(from.caddyRun)) await rename(from.caddyRun, to.caddyRun);
    await rename(from.routerSocket, to.routerSocket);
    return true;
  } catch {
    // The two lie in file systems of their own.
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
