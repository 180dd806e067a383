import { FaasoError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { FunctionSpec } from '../../core/specs.ts';
import { noFailures } from '../backoff.ts';
import { lastLogLines } from '../failure.ts';
import { liveOf } from '../heal.ts';
import { RolloutFailure } from '../rollout.ts';
import { ownInstances } from '../world.ts';
import type { World } from '../world.ts';
import { deployTimeoutMs } from './await-healthy.ts';

const POLL_MS = 100;

/** Has the reconciler bring a stopped function back at once, whatever its back-off, and waits until it runs. */
export async function awaitRunning(
  world: World,
  fn: FunctionSpec,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const live = liveOf(world, fn.name);
  live.failures = noFailures;
  live.waiting = undefined;
  const began = world.clock.now();
  emit({ kind: 'step-started', function: fn.name, step: 'start-instance' });
  for (;;) {
    await world.queue.run(fn.name);
    if (world.live.get(fn.name)?.state === 'running') return;
    const waited = world.clock.now() - began;
    if (waited > deployTimeoutMs(fn.container)) {
      const [instance] = await ownInstances(world, fn.name);
      const details = instance === undefined ? [] : await lastLogLines(world.engine, instance.id);
      throw new RolloutFailure(
        'await-healthy',
        new FaasoError(
          'instance-unhealthy',
          `not running after ${Math.round(waited / 1000)} s: ${live.reason}`,
          { details },
        ),
      );
    }
    await world.clock.sleep(POLL_MS, signal);
  }
}
