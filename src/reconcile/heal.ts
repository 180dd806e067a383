/** Keeps one function's observed state equal to its applied state. Reads both anew each time. */
import { toFaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { AppliedRelease, Instance } from '../core/state.ts';
import { isOfRelease, isUp } from '../plan/plan.ts';
import { afterFailure, afterRestart, delayMs, leftMs } from './backoff.ts';
import { explainStatus } from './failure.ts';
import { change, liveOf, takeOut } from './live.ts';
import { probe } from './probe.ts';
import { again, done } from './queue.ts';
import type { WorkOutcome } from './queue.ts';
import { bringBack } from './steps/bring-back.ts';
import { deployTimeoutMs } from './steps/await-healthy.ts';
import { MIN_DRAIN_MS } from './retire.ts';
import { ownInstances } from './world.ts';
import type { Live } from './live.ts';
import type { World } from './world.ts';

const STARTING_POLL_MS = 200;
/** Stands for whatever state the instance is in after it could not be started. */
const START_FAILED = 'start failed';

/** One pass over one function. `again` where time has to pass before the next. */
export async function heal(world: World, name: FunctionName): Promise<WorkOutcome> {
  const applied = appliedRelease(world, name);
  const instances = await settledInstances(world, name, applied);
  // A commit that came meanwhile counts: what was listed is judged by it in the next pass.
  if (appliedRelease(world, name) !== applied) return again(0);
  world.health.retain(name, new Set(instances.map((instance) => instance.id)));
  if (applied === undefined) return await removeAll(world, name, instances);
  const live = liveOf(world, name);
  const own = instances.filter((instance) => isOfRelease(instance, applied));
  const best = choose(own, live);
  const outcome =
    best !== undefined && isUp(best)
      ? await serve(world, live, applied, best)
      : await recover(world, live, applied, best);
  // An instance of another release may still carry the routes until this release's own one is up.
  if (live.target !== undefined) {
    for (const extra of instances) if (extra.id !== live.target.instance) retire(world, applied, extra);
  }
  return outcome;
}

/** Routes a function to a healthy instance and watches it from now on. */
async function route(world: World, live: Live, release: AppliedRelease, instance: Instance): Promise<void> {
  live.target = { instance: instance.id, port: instance.port };
  live.starting = undefined;
  live.waiting = undefined;
  change(world, live, instance.function, 'running', '');
  world.health.watch(instance, release.spec);
  await world.publisher.publish();
}

function appliedRelease(world: Pick<World, 'store'>, name: FunctionName): AppliedRelease | undefined {
  return world.store.read()?.functions[name]?.current;
}

/**
 * The function's instances without those that are on their way out, and without the candidate of a rollout. Between
 * the commit and the end of the rollout the candidate is the applied release's own instance already.
 */
async function settledInstances(
  world: World,
  name: FunctionName,
  applied: AppliedRelease | undefined,
): Promise<readonly Instance[]> {
  const all = await ownInstances(world, name);
  // Read after the list: a rollout that began meanwhile may have its candidate in it.
  const candidate = world.rollouts.get(name);
  const isAccepted =
    candidate !== undefined && !candidate.isAgain && applied !== undefined && isOfRelease(applied, candidate);
  return all.filter(
    (instance) =>
      !world.retirement.has(instance.id) &&
      (isAccepted || candidate?.port !== instance.port || !isOfRelease(instance, candidate)),
  );
}

async function serve(
  world: World,
  live: Live,
  release: AppliedRelease,
  instance: Instance,
): Promise<WorkOutcome> {
  const health = world.health.health(instance.id);
  if (health?.state === 'unhealthy') return await recover(world, live, release, instance);
  if (health !== undefined || live.target?.instance === instance.id) {
    await route(world, live, release, instance);
    return done;
  }
  const { beginnings } = live;
  const result = await probe(release.spec, instance.port);
  if (live.beginnings !== beginnings) return again(0);
  if (result.healthy) {
    await route(world, live, release, instance);
    return done;
  }
  const now = world.clock.now();
  if (live.starting?.instance !== instance.id) live.starting = { instance: instance.id, at: now };
  if (now - live.starting.at < deployTimeoutMs(release.spec)) {
    // A restart keeps the reason that it was needed for: that nobody listens yet is no news.
    if (live.target !== undefined) await takeOut(world, live, release.function, 'starting', result.detail);
    return again(STARTING_POLL_MS);
  }
  return await recover(world, live, release, instance, result.detail);
}

/** Brings a function back whose instance is gone, ended, or does not answer; with back-off. */
async function recover(
  world: World,
  live: Live,
  release: AppliedRelease,
  instance: Instance | undefined,
  detail?: string,
): Promise<WorkOutcome> {
  const name = release.function;
  const { clock } = world;
  const { beginnings } = live;
  const failure = failureKey(world, instance);
  if (
    live.waiting === undefined ||
    (live.waiting.failure !== failure && live.waiting.failure !== START_FAILED)
  ) {
    const now = clock.now();
    const first = live.target === undefined && live.failures.count === 0 && live.starting === undefined;
    const healthyMs = live.state === 'running' ? now - live.since : 0;
    const why = detail ?? unhealthyDetail(world, instance) ?? explainStatus(instance);
    live.failures = afterFailure(live.failures, healthyMs);
    live.lastFailure = { at: now, reason: why };
    live.waiting = { failure, until: first ? now : now + delayMs(live.failures, world.random()) };
    await takeOut(world, live, name, live.failures.looping ? 'crash-looping' : 'restarting', why);
  }
  // What was healthy before it ended says nothing about what is started next.
  if (instance !== undefined && !isUp(instance)) world.health.forget(instance.id);
  if (live.beginnings !== beginnings) return again(0);
  const waitMs = leftMs(live.waiting.until, clock.now());
  if (waitMs > 0) return again(waitMs);
  let started: Instance;
  try {
    started = await bringBack(world, release, instance);
  } catch (error) {
    if (toFaasoError(error).code === 'engine-unreachable') throw error;
    // Another release took over meanwhile, so that nothing has failed that anybody waits for.
    if (live.beginnings !== beginnings) return again(0);
    live.failures = afterFailure(live.failures, 0);
    live.waiting = { failure: START_FAILED, until: clock.now() + delayMs(live.failures, world.random()) };
    live.lastFailure = { at: clock.now(), reason: toFaasoError(error).message };
    change(world, live, name, 'failed', live.lastFailure.reason);
    throw error;
  }
  if (live.beginnings !== beginnings) return again(0);
  live.failures = afterRestart(live.failures, clock.now());
  live.starting = { instance: started.id, at: clock.now() };
  live.waiting = undefined;
  if (live.failures.looping) change(world, live, name, 'crash-looping', live.reason);
  return again(0);
}

async function removeAll(
  world: World,
  name: FunctionName,
  instances: readonly Instance[],
): Promise<WorkOutcome> {
  world.live.delete(name);
  await world.publisher.publish();
  // Without an applied state nothing says that the function is not wanted: the state may have been lost.
  if (world.store.read() === undefined) return done;
  for (const instance of instances) retire(world, undefined, instance);
  return done;
}

/** Drains for as long as the longest route may take, of now and of when the instance was started. */
function retire(world: World, release: AppliedRelease | undefined, instance: Instance): void {
  const routes = [...(release?.routes ?? []), ...(instance.release?.routes ?? [])];
  world.retirement.begin(instance, Math.max(MIN_DRAIN_MS, ...routes.map((item) => item.timeoutMs)));
}

/** Running beats stopped, the one that is routed beats others, the newest beats older ones. */
function choose(own: readonly Instance[], live: Live): Instance | undefined {
  const rank = (instance: Instance): number =>
    (isUp(instance) ? 2 : 0) + (instance.id === live.target?.instance ? 1 : 0);
  return [...own].sort((a, b) => rank(b) - rank(a) || b.createdAt - a.createdAt)[0];
}

function unhealthyDetail(world: World, instance: Instance | undefined): string | undefined {
  if (instance === undefined || !isUp(instance)) return undefined;
  const health = world.health.health(instance.id);
  if (health?.last === undefined) return undefined;
  return `${health.failures} health probes in a row failed: ${health.last.detail}`;
}

/** Names one failure, so that each is counted once however often it is looked at. */
function failureKey(world: World, instance: Instance | undefined): string {
  if (instance === undefined) return 'gone';
  const { id, status } = instance;
  if (status.kind === 'exited') return `${id} exited ${status.finishedAt}`;
  return isUp(instance) ? `${id} up ${world.health.health(id)?.since ?? ''}` : `${id} down`;
}
