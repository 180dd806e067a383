import type { IncomingMessage } from 'node:http';

import type { RequestTarget } from '../../target.ts';
import type { Arrival } from '../proxy/arrival.ts';
import { attempt, NO_ROUTE, pass } from '../proxy/arrival.ts';
import type { ClientActivity } from '../proxy/client.ts';
import type { ServedRoute } from '../proxy/core.ts';
import type { Problem } from '../proxy/problem.ts';
import { Visit } from '../access/visit.ts';
import type { Authenticated, Caller } from './authenticate.ts';
import { clientAddress, countedAs, isLocal } from './client-address.ts';
import type { Guard, GuardedPlace } from './guards.ts';

/** A request for a route that is guarded. */
interface Asked {
  readonly arrival: Arrival;
  readonly route: ServedRoute;
  readonly guard: Guard<ServedRoute>;
  readonly target: RequestTarget;
}

/** Whether the route is there for whoever asks. */
export function isVisible(route: ServedRoute, { core, client, req }: Arrival): boolean {
  return route.public !== false || isLocal(client.peer, req.headers, core.trust, route.host);
}

/** Lets a request through to its route, at once or later; returns why not. */
export function admit(
  arrival: Arrival,
  route: ServedRoute,
  guard: Guard<ServedRoute>,
  target: RequestTarget,
): Problem | undefined {
  if (!isVisible(route, arrival)) return NO_ROUTE;
  const { core, client, req } = arrival;
  const asked: Asked = { arrival, route, guard, target };
  const gate = guard.gate();
  const address = countedAs(clientAddress(client.peer, req.headers, core.trust));
  const tooOften = route.rateLimit?.by === 'client' ? countRate(guard.place, address) : undefined;
  if (tooOften !== undefined || gate === undefined) return tooOften ?? enter(asked, undefined);
  const verdict = gate.check(req.headers, address, core.passwords);
  if (!(verdict instanceof Promise)) return authenticated(asked, verdict);
  const pause = new Pause(arrival);
  void verdict.then(
    (late) => pause.end(() => authenticated(asked, late)),
    (error: unknown) =>
      pause.end(() => {
        throw error;
      }),
  );
  return undefined;
}

function authenticated(asked: Asked, verdict: Authenticated): Problem | undefined {
  if (!verdict.ok) return verdict.problem;
  const { arrival, route, guard } = asked;
  if (arrival.visit !== undefined) arrival.visit.caller = verdict.caller.name;
  const isCounted = route.rateLimit?.by === 'key';
  return (
    (isCounted ? countRate(guard.place, verdict.caller.name) : undefined) ?? enter(asked, verdict.caller)
  );
}

/** Takes a turn where the route has only so many, or waits for one. */
function enter(asked: Asked, caller: Caller | undefined): Problem | undefined {
  const { arrival, route, target, guard } = asked;
  const { turns } = guard.place;
  if (turns === undefined) return pass(arrival, route, target, caller);
  const visit = (arrival.visit ??= new Visit(arrival, undefined));
  visit.route = route;
  if (turns.enter()) {
    visit.leave = () => turns.leave();
    return pass(arrival, route, target, caller);
  }
  const pause = new Pause(arrival);
  const stop = turns.wait(
    () => {
      visit.leave = () => turns.leave();
      pause.end(() => passLate(asked, caller));
    },
    () => pause.end(() => busy(route, 'its turn did not come in time')),
  );
  if (stop !== undefined) {
    pause.stop = stop;
    return undefined;
  }
  pause.cancel();
  return busy(route, 'too many requests wait for it already');
}

/** The table may be another one by now; whoever may call, too. */
function passLate({ arrival, route, target, guard }: Asked, caller: Caller | undefined): Problem | undefined {
  const { route: now } = guard.place;
  if (now === undefined) return NO_ROUTE;
  if (now !== route && accessOf(now) !== accessOf(route)) return busy(now, 'it was changed meanwhile');
  if (arrival.visit !== undefined) arrival.visit.route = now;
  return pass(arrival, now, target, caller);
}

function accessOf({ auth, public: isPublic }: ServedRoute): string {
  return JSON.stringify([auth, isPublic]);
}

function busy({ path }: ServedRoute, why: string): Problem {
  return {
    code: 'route-busy',
    detail: `${path} takes no more requests now: ${why}`,
    headers: ['Retry-After', '1'],
  };
}

function countRate({ rate, route }: GuardedPlace<ServedRoute>, key: string): Problem | undefined {
  const wait = rate?.take(key, performance.now()) ?? 0;
  if (wait === 0) return undefined;
  const seconds = String(Math.max(1, Math.ceil(wait / 1000)));
  return {
    code: 'rate-limited',
    detail: `${route?.path ?? 'the route'} was called too often`,
    headers: ['Retry-After', seconds],
  };
}

/** A request that waits before it goes on. Nothing of its body is read meanwhile. */
class Pause implements ClientActivity {
  /** Gives up its place. */
  stop: (() => void) | undefined;
  private readonly arrival: Arrival;
  private isOver = false;

  constructor(arrival: Arrival) {
    this.arrival = arrival;
    arrival.client.activities.add(this);
  }

  onClientGone(): void {
    this.isOver = true;
    this.stop?.();
    this.arrival.visit?.end(499);
  }

  onBroken(req: IncomingMessage, problem: Problem): void {
    if (req === this.arrival.req) this.end(() => problem);
  }

  /** The request goes on as a new piece of work. One whose client has gone gives back what it just got. */
  end(work: () => Problem | undefined): void {
    if (this.isOver) {
      this.arrival.visit?.giveUp();
      return;
    }
    this.cancel();
    attempt(this.arrival, work);
  }

  cancel(): void {
    this.isOver = true;
    this.arrival.client.activities.delete(this);
  }
}
