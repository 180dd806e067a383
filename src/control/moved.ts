import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

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
 * Ends what serves a project at the place that its folder has left: a daemon there would bring back whatever is
 * replaced from here, and its router holds the address. The functions run on.
 */
export async function endAtOldPlace(oldRoot: string, env: ProjectLocation['env']): Promise<void> {
  const paths = await pathsOfRoot(oldRoot, env);
  // While it lives it starts its router again.
  await endDaemonAt(paths.controlSocket);
  await createRouter(paths).close('stop');
  await rm(paths.run, { recursive: true, force: true });
}
