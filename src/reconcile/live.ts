/** Changes of what is known of one function. */
import type { FunctionName } from '../core/names.ts';
import type { FunctionState } from '../core/state.ts';
import { noFailures } from './backoff.ts';
import type { Live, World } from './world.ts';

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

/** Lets no route lead to the function any more: it is answered with 503 from here on. */
export async function takeOut(
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

/** Notes a state and tells of it; `since` counts from the change of state, not of reason. */
export function change(
  world: World,
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
