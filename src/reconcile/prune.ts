import type { FunctionName } from '../core/names.ts';
import { keptImages, tagPrefix } from './leftovers.ts';
import type { World } from './world.ts';

/** Removes images of the function that belong to none of the releases that are kept of it. Touches our own tags only. */
export async function prune(
  world: Pick<World, 'engine' | 'identity' | 'store'>,
  name: FunctionName,
): Promise<void> {
  const applied = world.store.read();
  if (applied?.functions[name] === undefined) return;
  const kept = keptImages(applied, name);
  const own = tagPrefix(world.identity.name, name);
  for (const image of await world.engine.images({ project: world.identity.name, function: name })) {
    for (const tag of image.tags) {
      if (tag.startsWith(own) && !kept.has(tag)) await world.engine.removeImage(tag);
    }
  }
}
