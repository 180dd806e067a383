/** What the parts of the reconciler share. */
import type PQueue from 'p-queue';

import type { Builder } from '../build/builder.ts';
import type { Clock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { AppliedRelease, Instance, Release } from '../core/state.ts';
import type { Engine } from '../engine/engine.ts';
import type { SecretStore } from '../files/secret-store.ts';
import type { Router } from '../router/router.ts';
import type { HealthMonitor } from './health.ts';
import type { Listing } from './listing.ts';
import type { Live } from './live.ts';
import type { Ports } from './ports.ts';
import type { Publisher } from './publisher.ts';
import type { KeyedQueue } from './queue.ts';
import type { Retirement } from './retire.ts';
import type { Store } from './store.ts';

/** What the reconciler is given. */
export interface WorldParts {
  readonly identity: ProjectIdentity;
  /** Roots whose instances are ours: our own, and those of the same project whose folder is gone. */
  readonly roots: Set<string>;
  readonly engine: Engine;
  readonly builder: Builder;
  readonly router: Router;
  readonly secrets: SecretStore;
  readonly store: Store;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Builds the image of an applied release again from the files; rejects when the files have changed since. */
  readonly rebuild: (release: AppliedRelease) => Promise<void>;
  /** In [0, 1); spreads restarts. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What is being rolled out. Its instance is not the reconciler's before it has been accepted. */
export interface Candidate extends Pick<Release, 'revision' | 'specHash'> {
  /** Where its instance is, known before there is one; no other instance has that port. */
  port: number | undefined;
  /** Whether it is of the very release that is applied, so that only the port tells it from the one that serves. */
  readonly isAgain: boolean;
}

/** What the reconciler's parts share. */
export interface World extends WorldParts {
  readonly ports: Ports;
  readonly listing: Listing;
  readonly live: Map<FunctionName, Live>;
  readonly rollouts: Map<FunctionName, Candidate>;
  readonly health: HealthMonitor;
  readonly publisher: Publisher;
  readonly retirement: Retirement;
  readonly queue: KeyedQueue<FunctionName>;
  /** Bounds how many containers are started at a time. */
  readonly starts: PQueue;
  readonly random: () => number;
}

/** All instances of the project that are ours to serve from, or those of one function. */
export async function ownInstances(
  world: Pick<World, 'listing' | 'roots'>,
  name?: FunctionName,
): Promise<readonly Instance[]> {
  const found = await world.listing.instances(name);
  return found.filter(({ project, purpose }) => purpose === 'serve' && world.roots.has(project.root));
}
