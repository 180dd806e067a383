/** Keeps one function's observed state equal to its applied state. Reads both anew each time. */
import type { FunctionName } from '../core/names.ts';
import type { AppliedRelease, FunctionState, Instance } from '../core/state.ts';
import { isOfRelease, isUp } from '../plan/plan.ts';
import { afterFailure, afterRestart, delayMs, noFailures } from './backoff.ts';
import { explainStatus } from './failure.ts';
import { probe } from './probe.ts';
import { again, done } from './queue.ts';
import type { WorkOutcome } from './queue.ts';
import { bringBack } from './steps/bring-back.ts';
import { deployTimeoutMs } from './steps/await-healthy.ts';
import { MIN_DRAIN_MS } from './retire.ts';
import { ownInstances } from './world.ts';
import type { Live, World } from './world.ts';

const STARTING_POLL_MS = 200;

/** One pass over one function. `again` where time has to pass before the next. */
export async function heal(world: World, name: FunctionName): Promise<WorkOutcome> {
  const applied = world.store.read()?.functions[name]?.current;
  const instances = await settledInstances(world, name);
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

/** The record of a function, made when there is none. */
export function liveOf(world: Pick<World, 'live' | 'clock'>, name: FunctionName): Live {
  let live = world.live.get(name);
  if (live === undefined) {
    live = {
      target: undefined,
      state: 'starting',
      reason: 'starting',
      since: world.clock.now(),
      failures: noFailures,
      waiting: undefined,
      starting: undefined,
    };
    world.live.set(name, live);
  }
  return live;
}

/** Routes a function to a healthy instance and watches it from now on. */
export async function route(
  world: World,
  live: Live,
  release: AppliedRelease,
  instance: Instance,
): Promise<void> {
  live.target = { instance: instance.id, port: instance.port };
  live.starting = undefined;
  live.waiting = undefined;
  change(world, live, instance.function, 'running', '');
  world.health.watch(instance, release.spec);
  await world.publisher.publish();
}

/** The function's instances without those that are on their way out or not yet committed. */
async function settledInstances(world: World, name: FunctionName): Promise<readonly Instance[]> {
  const candidate = world.rollouts.get(name);
  const all = await ownInstances(world, name);
  return all.filter(
    (instance) =>
      !world.retirement.has(instance.id) &&
      !(
        candidate !== undefined &&
        instance.revision === candidate.revision &&
        instance.specHash === candidate.specHash
      ),
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
  const result = await probe(release.spec, instance.port);
  if (result.healthy) {
    await route(world, live, release, instance);
    return done;
  }
  const now = world.clock.now();
  if (live.starting?.instance !== instance.id) live.starting = { instance: instance.id, at: now };
  if (now - live.starting.at < deployTimeoutMs(release.spec)) {
    // A restart keeps the reason that it was needed for: that nobody listens yet is no news.
    if (live.state === 'running') await takeOut(world, live, release.function, 'starting', result.detail);
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
  const now = world.clock.now();
  const failure = failureKey(world, instance);
  if (live.waiting?.failure !== failure) {
    const first = live.target === undefined && live.failures.count === 0 && live.starting === undefined;
    const healthyMs = live.state === 'running' ? now - live.since : 0;
    const why = detail ?? unhealthyDetail(world, instance) ?? explainStatus(instance);
    live.failures = afterFailure(live.failures, healthyMs);
    live.waiting = { failure, until: first ? now : now + delayMs(live.failures, world.random()) };
    await takeOut(world, live, name, live.failures.looping ? 'crash-looping' : 'restarting', why);
  }
  if (now < live.waiting.until) return again(live.waiting.until - now);
  try {
    const started = await bringBack(world, release, instance);
    live.failures = afterRestart(live.failures, now);
    live.starting = { instance: started.id, at: now };
    live.waiting = undefined;
    if (live.failures.looping) change(world, live, name, 'crash-looping', live.reason);
    return again(0);
  } catch (error) {
    live.failures = afterFailure(live.failures, 0);
    live.waiting = { failure, until: now + delayMs(live.failures, world.random()) };
    change(world, live, name, 'failed', error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function removeAll(
  world: World,
  name: FunctionName,
  instances: readonly Instance[],
): Promise<WorkOutcome> {
  world.live.delete(name);
  await world.publisher.publish();
  for (const instance of instances) world.retirement.begin(instance, MIN_DRAIN_MS);
  return done;
}

function retire(world: World, release: AppliedRelease, instance: Instance): void {
  const longest = Math.max(MIN_DRAIN_MS, ...release.routes.map((item) => item.timeoutMs));
  world.retirement.begin(instance, longest);
}

async function takeOut(
  world: World,
  live: Live,
  name: FunctionName,
  state: FunctionState,
  reason: string,
): Promise<void> {
  live.target = undefined;
  change(world, live, name, state, reason);
  await world.publisher.publish();
}

function change(world: World, live: Live, name: FunctionName, state: FunctionState, reason: string): void {
  if (live.state !== state) live.since = world.clock.now();
  const differs = live.state !== state || live.reason !== reason;
  live.state = state;
  live.reason = reason;
  if (differs) world.emit({ kind: 'instance-changed', function: name, state, reason });
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
  const detail = status.kind === 'exited' ? status.finishedAt : (world.health.health(id)?.since ?? '');
  return `${id} ${status.kind} ${detail}`;
}
