import { createFaaso } from '../faaso.ts';
import { knownName } from '../project/function-names.ts';
import type { ProjectLocation } from './api.ts';

/**
 * Rejects with what would make an apply of `names` fail anyway. Done in the daemon's own process before it serves:
 * it has to load all of this, and the verb that starts it then has not to.
 */
export async function checkFirst(location: ProjectLocation, names: readonly string[]): Promise<void> {
  const faaso = await createFaaso(location.file, location.env);
  try {
    const [{ project }, store] = await Promise.all([
      faaso.load(location),
      faaso.store(),
      faaso.engine.info(),
    ]);
    for (const name of names) knownName(project, name);
    // What was applied before was asked then, and is looked at again when it is taken over.
    if (store.read() === undefined) await faaso.roots(project, 'refuse');
  } finally {
    faaso.close();
  }
}
