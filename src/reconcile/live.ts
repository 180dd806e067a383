/** What is known of one function, and its changes. */
import type { Clock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { FunctionName, InstanceId } from '../core/names.ts';
import type { FunctionState } from '../core/state.ts';
import { noFailures } from './backoff.ts';
import type { Failures } from './backoff.ts';

/** What this process knows of one function beyond labels and files. Lost with the process, on purpose. */
export interface Live {
  /** Where its routes lead; absent = 503. */
  target: { readonly instance: InstanceId; readonly port: number } | undefined;
  state: FunctionState;
  reason: string;
  /** Milliseconds since 1970. */
  since: number;
  failures: Failures;
  /** What it was restarted for last; stays when it runs again. */
  lastFailure: { readonly at: number; readonly reason: string } | undefined;
  /** The failure that is being waited out: which one, and until when. */
  waiting: { readonly failure: string; readonly until: number } | undefined;
  /** When the instance that is starting was started, and which one it is. */
  starting: { readonly instance: InstanceId; readonly at: number } | undefined;
  /** How often it began afresh: a pass of the reconciler that began before knows nothing of what is there now. */
  beginnings: number;
}

interface Parts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly publisher: { publish(): Promise<void> };
}

/** The record of a function, made when there is none. */
export function liveOf(
  world: { readonly live: Map<FunctionName, Live>; readonly clock: Clock },
  name: FunctionName,
): Live {
  let live = world.live.get(name);
  if (live === undefined) {
    live = {
      target: undefined,
      state: 'starting',
      reason: 'starting',
      since: world.clock.now(),
      failures: noFailures,
      lastFailure: undefined,
      waiting: undefined,
      starting: undefined,
      beginnings: 0,
    };
    world.live.set(name, live);
  }
  return live;
}

/** Forgets what went wrong before: an accepted instance, or somebody who asks for a start, owes nothing to it. */
export function beginAfresh(live: Live): void {
  live.failures = noFailures;
  live.waiting = undefined;
  live.starting = undefined;
  live.beginnings += 1;
}

/** Lets no route lead to the function any more: it is answered with 503 from here on. */
export async function takeOut(
  world: Parts,
  live: Live,
  name: FunctionName,
  state: FunctionState,
  reason: string,
): Promise<void> {
  live.target = undefined;
  change(world, live, name, state, reason);
  await world.publisher.publish();
}

/** Notes a state and tells of it; `since` counts from the change of state, not of reason. */
export function change(
  world: Parts,
  live: Live,
  name: FunctionName,
  state: FunctionState,
  reason: string,
): void {
  if (live.state !== state) live.since = world.clock.now();
  const differs = live.state !== state || live.reason !== reason;
  live.state = state;
  live.reason = reason;
  if (differs) world.emit({ kind: 'instance-changed', function: name, state, reason });
}
