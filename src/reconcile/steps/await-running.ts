import { FaasoError, toFaasoError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { FunctionSpec } from '../../core/specs.ts';
import { noFailures } from '../backoff.ts';
import { interruption, lastLogLines } from '../failure.ts';
import { liveOf } from '../live.ts';
import { RolloutFailure } from '../rollout.ts';
import { ownInstances } from '../world.ts';
import type { World } from '../world.ts';
import { deployTimeoutMs } from './await-healthy.ts';

const POLL_MS = 100;

/**
 * Has the reconciler bring a stopped function back at once, whatever its back-off, and waits until it runs. Rejects
 * with {@link RolloutFailure}; the reconciler goes on trying then.
 */
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
  try {
    while (!(await isRunning(world, fn))) {
      const waitedMs = world.clock.now() - began;
      if (waitedMs > deployTimeoutMs(fn.container)) throw await stillDown(world, fn, waitedMs);
      await world.clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    throw new RolloutFailure('start-instance', signal.aborted ? interruption(signal) : toFaasoError(error));
  }
  const durationMs = world.clock.now() - began;
  emit({ kind: 'step-done', function: fn.name, step: 'start-instance', durationMs, detail: '' });
}

async function isRunning(world: World, fn: FunctionSpec): Promise<boolean> {
  await world.queue.run(fn.name);
  return world.live.get(fn.name)?.state === 'running';
}

async function stillDown(world: World, fn: FunctionSpec, waitedMs: number): Promise<FaasoError> {
  const reason = world.live.get(fn.name)?.reason ?? '';
  const [instance] = await ownInstances(world, fn.name);
  return new FaasoError(
    'instance-unhealthy',
    `not running after ${Math.round(waitedMs / 1000)} s: ${reason}`,
    {
      details: instance === undefined ? [] : await lastLogLines(world.engine, instance.id),
    },
  );
}
