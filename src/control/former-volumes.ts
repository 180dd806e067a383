import type { FormerVolume } from '../core/disk.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Engine } from '../engine/engine.ts';

/**
 * Volumes with data that were made from this folder for a project of another name, and that nothing mounts: volumes go by
 * the name, so a new one begins with empty ones. They may belong to a project that was moved away; nothing removes them.
 */
export async function formerVolumes(
  engine: Pick<Engine, 'volumes'>,
  { name, root }: ProjectIdentity,
): Promise<readonly FormerVolume[]> {
  const found = await engine.volumes({ root });
  return found
    .filter(({ kind, inUse, project }) => kind === 'data' && !inUse && project.name !== name)
    .map((volume) => ({ name: volume.name, volume: volume.volume, project: volume.project.name }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
