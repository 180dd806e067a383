import { FaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { prepareHome } from '../files/home.ts';
import { acquireLock } from '../files/lock.ts';

/** Holds the daemon's lock, so that none starts until the returned function is called. Rejects with `daemon-running`. */
export async function lockOutDaemon(paths: ProjectPaths): Promise<() => Promise<void>> {
  await prepareHome(paths);
  const lock = await acquireLock(paths.lock, '');
  if (lock.kind === 'held') {
    throw new FaasoError('daemon-running', `a daemon has just started (pid ${lock.owner.pid})`, {
      hint: 'run it again',
    });
  }
  return lock.release;
}
