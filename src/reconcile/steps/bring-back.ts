import { FaasoError } from '../../core/errors.ts';
import type { AppliedRelease, Instance } from '../../core/state.ts';
import type { World } from '../world.ts';
import { startInstance } from './start-instance.ts';

/** A hung process gets less time to end than a healthy one. */
const HUNG_GRACE_MS = 2000;

/**
 * Starts the release's instance again where that is possible, keeping its log and port; else removes it and
 * starts another. The image is built again from the files when someone removed it and the files did not change.
 */
export async function bringBack(
  world: World,
  release: AppliedRelease,
  instance: Instance | undefined,
): Promise<Instance> {
  if (instance === undefined) return await startAnew(world, release, 0);
  world.health.forget(instance.id);
  try {
    await world.engine.stop(instance.id, HUNG_GRACE_MS);
    const stopped = await world.engine.instance(instance.id);
    if (stopped?.status.kind === 'exited') {
      const started = await world.engine.startAgain(instance.id);
      // Without its port it has lost its network, as when somebody removed that: it never comes back to it by itself.
      if (started.status.kind !== 'running' || started.portBound) return started;
    }
  } catch (error) {
    if (!(error instanceof FaasoError) || error.code === 'engine-unreachable') throw error;
  }
  await world.engine.remove(instance.id);
  world.ports.freed(instance.port);
  return await startAnew(world, release, 1);
}

async function startAnew(world: World, release: AppliedRelease, attempt: number): Promise<Instance> {
  try {
    return await startInstance(world, release, attempt);
  } catch (error) {
    if (!(error instanceof FaasoError) || error.code !== 'image-missing') throw error;
    await world.rebuild(release);
    return await startInstance(world, release, attempt);
  }
}
