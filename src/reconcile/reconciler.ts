import PQueue from 'p-queue';

import { errorData } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { AppliedRelease, Instance } from '../core/state.ts';
import type { EngineEvent } from '../engine/engine.ts';
import { isOfRelease, isUp } from '../plan/plan.ts';
import { heal } from './heal.ts';
import { HealthMonitor } from './health.ts';
import { liveOf } from './live.ts';
import { Listing } from './listing.ts';
import { Ports } from './ports.ts';
import { probe } from './probe.ts';
import { Publisher, tableEntries } from './publisher.ts';
import { KeyedQueue } from './queue.ts';
import { Retirement } from './retire.ts';
import { ownInstances } from './world.ts';
import type { Live } from './live.ts';
import type { World, WorldParts } from './world.ts';

/** Nothing relies on events alone: everything is looked at again this often. */
const RESYNC_MS = 30_000;
/** More containers at a time do not start faster, they only make each other late. */
const STARTS_AT_ONCE = 8;
const RETIRE_AGAIN_MS = 5000;

/** Builds what the parts of the reconciler share. Nothing runs yet. */
export function createWorld(parts: WorldParts): World {
  // The event stream says once that the engine is away; every function saying it again would bury the rest.
  const tell = (error: unknown): void => {
    const data = errorData(error);
    if (data.code !== 'engine-unreachable') parts.emit({ kind: 'failure', error: data });
  };
  const live = new Map<FunctionName, Live>();
  const ports = new Ports(parts.clock);
  const health = new HealthMonitor(parts.clock, (name) => queue.enqueue(name));
  const world: World = {
    ...parts,
    ports,
    live,
    listing: new Listing(parts.engine, parts.identity.name),
    health,
    rollouts: new Map(),
    publisher: new Publisher(parts.router, () => tableEntries(parts.store.read(), live)),
    retirement: new Retirement({
      engine: parts.engine,
      router: parts.router,
      health,
      ports,
      onError: (instance, error) => {
        tell(error);
        queue.enqueue(instance.function, RETIRE_AGAIN_MS);
      },
    }),
    queue: new KeyedQueue<FunctionName>({
      clock: parts.clock,
      work: (name) => heal(world, name),
      onError: (_name, error) => tell(error),
    }),
    starts: new PQueue({ concurrency: STARTS_AT_ONCE }),
    random: parts.random ?? Math.random,
  };
  const { queue } = world;
  return world;
}

/**
 * Takes over what runs: routes of applied functions lead to their running instances at once (they were healthy
 * when they were committed; probes go on from here), without a restart.
 */
export async function adopt(world: World): Promise<void> {
  const instances = await ownInstances(world);
  for (const { current } of Object.values(world.store.read()?.functions ?? {})) {
    const up = await servingOne(
      instances.filter((instance) => isOfRelease(instance, current) && isUp(instance)),
      current,
    );
    if (up === undefined) continue;
    const live = liveOf(world, current.function);
    live.target = { instance: up.id, port: up.port };
    live.state = 'running';
    live.reason = '';
    if (up.status.kind === 'running') live.since = up.status.startedAt;
  }
}

/** Of several, as a restart that was cut short leaves them, the oldest that answers: a younger one may have just begun. */
async function servingOne(
  instances: readonly Instance[],
  { spec }: AppliedRelease,
): Promise<Instance | undefined> {
  const [oldest, ...others] = [...instances].sort((a, b) => a.createdAt - b.createdAt);
  if (oldest === undefined || others.length === 0) return oldest;
  const candidates = [oldest, ...others];
  const results = await Promise.all(candidates.map((instance) => probe(spec, instance.port)));
  return candidates.find((_, index) => results[index]?.healthy) ?? oldest;
}

/** Looks at every function that is applied or has an instance. */
export async function resync(world: World): Promise<void> {
  for (const name of Object.values(world.store.read()?.functions ?? {}))
    world.queue.enqueue(name.current.function);
  for (const identity of await world.engine.identities({ project: world.identity.name })) {
    if (identity.purpose === 'serve' && world.roots.has(identity.project.root))
      world.queue.enqueue(identity.function);
  }
}

/** Follows the engine until `signal` aborts: events and a timer put names into the queue, nothing more. */
export async function follow(world: World, signal: AbortSignal): Promise<void> {
  await Promise.all([followEvents(world, signal), followTimer(world, signal)]);
}

async function followEvents(world: World, signal: AbortSignal): Promise<void> {
  for await (const event of world.engine.events(signal)) {
    if (signal.aborted) return;
    await onEvent(world, event);
  }
}

async function onEvent(world: World, event: EngineEvent): Promise<void> {
  switch (event.kind) {
    case 'connected':
      world.emit({ kind: 'engine-changed', state: 'connected', detail: '' });
      await resync(world).catch((error: unknown) => world.emit({ kind: 'failure', error: errorData(error) }));
      return;
    case 'disconnected':
      world.emit({ kind: 'engine-changed', state: 'unreachable', detail: event.detail });
      return;
    case 'instance':
      if (event.project.name === world.identity.name && world.roots.has(event.project.root)) {
        world.queue.enqueue(event.function);
      }
  }
}

async function followTimer(world: World, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await world.clock.sleep(RESYNC_MS, signal);
    } catch {
      return;
    }
    // An engine that does not answer is told of by the event stream already.
    await resync(world).catch(() => undefined);
  }
}
