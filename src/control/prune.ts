import { rm } from 'node:fs/promises';

import type { Leftover, PruneAnswer, PruneFlags } from '../core/disk.ts';
import { instanceId } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import type { Store } from '../reconcile/store.ts';

import { formerVolumes } from './former-volumes.ts';
import { findLeftovers } from './leftovers.ts';

export interface PruneRequest {
  readonly identity: ProjectIdentity;
  readonly store: Store;
  readonly reading: Reading;
  readonly flags: PruneFlags;
}

/** Removes what nothing of the project needs, or says what it would remove. Called by one that may write, or for a dry run. */
export async function prune(
  faaso: Faaso,
  { identity, store, reading, flags }: PruneRequest,
): Promise<PruneAnswer> {
  const usage = await faaso.engine.diskUsage({ project: identity.name });
  const found = await findLeftovers(faaso, { identity, store, reading, usage });
  const goes = ({ option, name }: Leftover): boolean =>
    option === null || (option === '--all' ? flags.all : flags.volumes.includes(name));
  const chosen = found.filter(goes);
  let inUse: readonly Leftover[] = [];
  if (!flags.dryRun && chosen.length > 0) {
    for (const item of chosen) await removeOne(faaso, item);
    // The engine leaves what a container uses that somebody else started.
    const left = new Set((await findLeftovers(faaso, { identity, store, reading })).map((item) => item.id));
    inUse = chosen.filter((item) => left.has(item.id));
  }
  const removed = chosen.filter((item) => !inUse.includes(item));
  return {
    project: identity.name,
    dryRun: flags.dryRun,
    removed,
    inUse,
    kept: found.filter((item) => !goes(item)),
    former: await formerVolumes(faaso.engine, identity),
    freedBytes: removed.reduce((sum, item) => sum + item.bytes, 0),
  };
}

async function removeOne({ engine }: Faaso, { kind, id }: Leftover): Promise<void> {
  switch (kind) {
    case 'container':
      await engine.remove(instanceId(id));
      break;
    case 'image':
      await engine.removeImage(id);
      break;
    case 'volume':
      await engine.removeVolume(id);
      break;
    case 'folder':
    case 'file':
      await rm(id, { recursive: true, force: true });
  }
}
