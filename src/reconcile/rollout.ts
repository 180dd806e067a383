/** Takes one function to an instance that was accepted and carries its routes, from wherever its release comes. */
import type { Emit } from '../core/events.ts';
import type { Applied, AppliedRelease, Instance, Release } from '../core/state.ts';
import { isOfRelease } from '../plan/plan.ts';
import { withRelease } from './applied.ts';
import { beginAfresh, liveOf } from './live.ts';
import type { Step } from './step.ts';
import { awaitHealthy } from './steps/await-healthy.ts';
import { startInstance } from './steps/start-instance.ts';
import type { Candidate, World } from './world.ts';

const CANDIDATE_GRACE_MS = 2000;

/** What is rolled out. */
export interface Rollout {
  readonly release: Release;
  /** Whether an instance is started although one of the same image and container spec runs. */
  readonly isFresh: boolean;
  /** The function's own tests. */
  readonly tests?: { readonly count: number; readonly run: (candidate: Instance) => Promise<void> };
  /** What becomes the current release, by the state of that moment; absent: `release` is the current one already. */
  readonly commit?: (before: Applied) => AppliedRelease;
}

/**
 * Starts, checks, commits and switches. Rejects with `RolloutFailure` before the commit point; the candidate has been
 * removed then. An abort before that point is such a failure, with code `interrupted`; after it an abort is too late,
 * and an error (of the engine or the router) only delays the switch.
 */
export async function rollOut(
  world: World,
  rollout: Rollout,
  step: Step,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { release, tests } = rollout;
  const name = release.function;
  const current = world.store.read()?.functions[name]?.current;
  const isAgain = current !== undefined && isOfRelease(current, release);
  let candidate: Instance | undefined;
  try {
    if (!isAgain || rollout.isFresh) {
      const { revision, specHash } = release;
      const expected: Candidate = { revision, specHash, port: undefined, isAgain };
      world.rollouts.set(name, expected);
      const onPort = (port: number): void => void (expected.port = port);
      const started = await step(
        'start-instance',
        () => startInstance(world, release, isAgain ? 1 : 0, onPort, signal),
        (item) => item.name,
      );
      candidate = started;
      const onWait = (why: string): void =>
        emit({ kind: 'step-waiting', function: name, step: 'await-healthy', why });
      await step('await-healthy', () => awaitHealthy(world, started, release.spec, signal, onWait));
      if (tests !== undefined && tests.count > 0) {
        const { count, run } = tests;
        await step(
          'run-tests',
          () => run(started),
          () => `${count} passed`,
        );
      }
    }
    if (rollout.commit !== undefined) {
      const { commit } = rollout;
      await step('commit', () => commitRelease(world, commit));
    }
    if (candidate !== undefined) takeOver(world, candidate, release);
  } catch (error) {
    if (candidate !== undefined) await discard(world, candidate);
    throw error;
  } finally {
    world.rollouts.delete(name);
    world.queue.enqueue(name);
  }
  emit({ kind: 'step-started', function: name, step: 'switch-route' });
  const began = world.clock.now();
  await world.queue.run(name);
  const durationMs = world.clock.now() - began;
  emit({ kind: 'step-done', function: name, step: 'switch-route', durationMs, detail: '' });
}

/** From now on every table leads to the candidate, whoever publishes it: a path that it took over has an answer. */
function takeOver(world: World, candidate: Instance, release: Release): void {
  const live = liveOf(world, candidate.function);
  beginAfresh(live);
  live.target = { instance: candidate.id, port: candidate.port };
  // The run itself tells of this.
  live.state = 'running';
  live.reason = '';
  live.since = world.clock.now();
  world.health.watch(candidate, release.spec);
}

async function commitRelease(world: World, release: (before: Applied) => AppliedRelease): Promise<void> {
  await world.store.commit((before) => {
    if (before === undefined) throw new Error('settings are applied before any release');
    return withRelease(before, release(before));
  });
}

async function discard(world: World, candidate: Instance): Promise<void> {
  try {
    await world.engine.stop(candidate.id, CANDIDATE_GRACE_MS);
    await world.engine.remove(candidate.id);
    world.ports.freed(candidate.port);
  } catch {
    // The reconciler finds it: it belongs to no applied release, or is the younger of two, so the next pass removes it.
  }
}
