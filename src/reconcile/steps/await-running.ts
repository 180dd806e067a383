import { FaasoError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { FunctionName } from '../../core/names.ts';
import type { AppliedRelease } from '../../core/state.ts';
import { lastLogLines } from '../failure.ts';
import { beginAfresh, liveOf } from '../live.ts';
import { stepsOf } from '../step.ts';
import { ownInstances } from '../world.ts';
import type { World } from '../world.ts';
import { deployTimeoutMs } from './await-healthy.ts';

const POLL_MS = 100;

/**
 * Has the reconciler bring a stopped function back at once, whatever its back-off, and waits until it runs. Rejects
 * with `RolloutFailure`; the reconciler goes on trying then.
 */
export async function awaitRunning(
  world: World,
  release: AppliedRelease,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const name = release.function;
  beginAfresh(liveOf(world, name));
  const began = world.clock.now();
  await stepsOf(
    world,
    name,
    emit,
    signal,
  )('start-instance', async () => {
    while (!(await isRunning(world, name))) {
      const waitedMs = world.clock.now() - began;
      if (waitedMs > deployTimeoutMs(release.spec)) throw await stillDown(world, name, waitedMs);
      await world.clock.sleep(POLL_MS, signal);
    }
  });
}

async function isRunning(world: World, name: FunctionName): Promise<boolean> {
  await world.queue.run(name);
  return world.live.get(name)?.state === 'running';
}

async function stillDown(world: World, name: FunctionName, waitedMs: number): Promise<FaasoError> {
  const reason = world.live.get(name)?.reason ?? '';
  const [instance] = await ownInstances(world, name);
  return new FaasoError(
    'instance-unhealthy',
    `not running after ${Math.round(waitedMs / 1000)} s: ${reason}`,
    {
      hint: `all that it wrote: faaso logs ${name}`,
      details: instance === undefined ? [] : await lastLogLines(world.engine, instance.id),
    },
  );
}
