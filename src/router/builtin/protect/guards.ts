import type { Route } from '../../../core/specs.ts';
import type { RouteEntry } from '../../router.ts';
import { isGuarded } from '../../table.ts';
import { Gate } from './authenticate.ts';
import { RateCounter } from './rate.ts';
import { Turns } from './turns.ts';

/** What is counted at one place of the table; it stays when the table is replaced. */
export class GuardedPlace {
  rate: RateCounter | undefined;
  turns: Turns | undefined;

  set({ rateLimit, concurrency }: Pick<Route, 'rateLimit' | 'concurrency'>): void {
    if (rateLimit === undefined) this.rate = undefined;
    else if (this.rate === undefined) this.rate = new RateCounter(rateLimit);
    else this.rate.set(rateLimit);
    if (this.turns !== undefined) this.turns.set(concurrency);
    else if (concurrency !== undefined) this.turns = new Turns(concurrency);
  }
}

/** What stands before one route. */
export interface Guard {
  readonly place: GuardedPlace;
  /** Absent = anybody may call. */
  readonly gate: () => Gate | undefined;
}

/** What stands before the routes of a data plane. */
export class Guards {
  private places = new Map<string, GuardedPlace>();

  /**
   * Replaces the routes. Whoever waits for a turn that is limited no more goes on, after what is being done: with the
   * table of then. `served` makes a route of an entry and its guard.
   */
  replace<R>(
    entries: readonly RouteEntry[],
    served: (entry: RouteEntry, guard: Guard | undefined) => R,
  ): R[] {
    const before = this.places;
    const after = new Map<string, GuardedPlace>();
    const routes = entries.map((entry) => {
      const key = keyOf(entry, before);
      if (key === undefined) return served(entry, undefined);
      const place = before.get(key) ?? new GuardedPlace();
      if (isGuarded(entry)) after.set(key, place);
      before.delete(key);
      const route = served(entry, isGuarded(entry) ? { place, gate: gateOf(entry) } : undefined);
      place.set(entry);
      return route;
    });
    // Nothing is there any more: those that wait are told so.
    for (const place of before.values()) place.set({});
    this.places = after;
    return routes;
  }
}

/** Most tables guard nothing: then no key is made. */
function keyOf(route: Route, known: ReadonlyMap<string, unknown>): string | undefined {
  if (known.size === 0 && !isGuarded(route)) return undefined;
  return `${route.host ?? ''}${route.path} ${route.methods?.join() ?? ''}`;
}

/** Made at the first request: a table with many keys is replaced as fast as one without. */
function gateOf(route: Route): () => Gate | undefined {
  const { auth } = route;
  let gate: Gate | undefined;
  return () => (auth === undefined ? undefined : (gate ??= new Gate(route, auth)));
}
