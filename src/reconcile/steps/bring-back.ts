import { FaasoError } from '../../core/errors.ts';
import type { AppliedRelease, Instance } from '../../core/state.ts';
import { fingerprints } from '../../files/secret-store.ts';
import { isOfRelease } from '../../plan/plan.ts';
import { withRelease, withSecrets } from '../applied.ts';
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

async function startAnew(world: World, applied: AppliedRelease, attempt: number): Promise<Instance> {
  const release = await withSecretsOfNow(world, applied);
  try {
    return await startInstance(world, release, attempt);
  } catch (error) {
    if (!(error instanceof FaasoError) || error.code !== 'image-missing') throw error;
    await world.rebuild(release);
    return await startInstance(world, release, attempt);
  }
}

/**
 * The release with what its secrets are now, committed: there are no other values to start it with, and an earlier one
 * that is set again must count as a change. A rollout that goes on commits them itself.
 */
async function withSecretsOfNow(world: World, release: AppliedRelease): Promise<AppliedRelease> {
  const { function: name, spec } = release;
  const secrets = await fingerprints(world.secrets, Object.keys(spec.secrets));
  const changed = Object.keys(secrets).filter((key) => secrets[key] !== spec.secrets[key]);
  // Of one that is not set the start says so.
  if (changed.length === 0 || Object.values(secrets).includes('') || world.rollouts.has(name)) return release;
  const after = await world.store.commit((before) => {
    if (before === undefined) throw new Error('only what is applied is brought back');
    const current = before.functions[name]?.current;
    if (current === undefined || !isOfRelease(current, release)) return before;
    return withRelease(before, withSecrets(current, secrets, world.clock.now()));
  });
  world.emit({
    kind: 'notice',
    message: `${name}: brought back with the present value of ${changed.join(', ')}`,
  });
  return after.functions[name]?.current ?? release;
}
