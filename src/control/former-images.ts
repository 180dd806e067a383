import { dirname } from 'node:path';

import type { ProjectIdentity } from '../core/specs.ts';
import type { ImageSummary } from '../engine/engine.ts';
import { LABELS } from '../engine/labels.ts';
import type { Faaso } from '../faaso.ts';
import { findHomes } from './doctor/homes.ts';

/**
 * Images that were made from this folder for a project of another name, which no other folder has now and of which
 * nothing runs: images go by the name, so that a new one leaves them behind.
 */
export async function formerImages(
  { engine, paths }: Pick<Faaso, 'engine' | 'paths'>,
  { name, root }: ProjectIdentity,
): Promise<readonly ImageSummary[]> {
  const [images, { containers }] = await Promise.all([engine.images({ root }), engine.traces()]);
  const former = images.filter(({ labels }) => (labels[LABELS.project] ?? name) !== name);
  if (former.length === 0) return [];
  const alive = new Set(containers.map(({ labels }) => labels[LABELS.project]));
  const homes = await findHomes({ bases: [dirname(paths.run)], labelled: [] });
  return former.filter(({ labels }) => {
    const project = labels[LABELS.project];
    return !alive.has(project) && !homes.isAtHome(project);
  });
}
