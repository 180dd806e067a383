import type { IncomingMessage } from 'node:http';

import type { RouteAuth } from '../../../core/specs.ts';
import { allowedMethods, decide, DISGUISED_PATH } from '../../decide.ts';
import type { Decision } from '../../decide.ts';
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

/** Whether the route is there for whoever asks. */
function isVisible(route: ServedRoute, { core, client, req }: Arrival): boolean {
  return route.public !== false || isLocal(client.peer, req.headers, core.trust, route.host);
}

/** What is answered where no route takes the request. */
export function unrouted(
  arrival: Arrival,
  decision: Exclude<Decision<ServedRoute>, { readonly kind: 'route' }>,
): Problem {
  if (decision.kind === 'none') return NO_ROUTE;
  if (decision.kind === 'disguised') return { code: 'path-invalid', detail: DISGUISED_PATH };
  const visible = decision.place.filter((item) => isVisible(item, arrival));
  const [first] = visible;
  if (first === undefined) return NO_ROUTE;
  return {
    code: 'method-not-allowed',
    detail: `${first.path} does not take ${arrival.req.method ?? ''}`,
    headers: ['Allow', allowedMethods(visible)],
  };
}

/** Lets a request through to its route, at once or later; returns why not. */
export function admit(
  arrival: Arrival,
  route: ServedRoute,
  guard: Guard,
  target: RequestTarget,
): Problem | undefined {
  return new Admission(arrival, target).pass(route, guard);
}

/** One request on its way past what guards its route. */
class Admission {
  private readonly arrival: Arrival;
  private readonly target: RequestTarget;
  /** Where it was counted as a call. */
  private counted: GuardedPlace | undefined;
  /** Where it has a turn. */
  private turn: GuardedPlace | undefined;
  /** Who calls by {@link judgedBy}. */
  private verdict: Authenticated | undefined;
  private judgedBy: RouteAuth | undefined;

  constructor(arrival: Arrival, target: RequestTarget) {
    this.arrival = arrival;
    this.target = target;
  }

  pass(route: ServedRoute, { place, gate: gateOf }: Guard): Problem | undefined {
    const { arrival } = this;
    const { client, core, req, visit } = arrival;
    if (!isVisible(route, arrival)) return NO_ROUTE;
    const address = countedAs(clientAddress(client.peer, req.headers, core.trust));
    const tooOften = route.rateLimit?.by === 'client' ? this.count(route, place, address) : undefined;
    if (tooOften !== undefined) return tooOften;
    const gate = gateOf();
    if (gate === undefined) return this.enter(route, place, undefined);
    const verdict = this.known(route.auth) ?? gate.check(req.headers, address, core.passwords);
    if (verdict instanceof Promise) return this.await(verdict, route.auth);
    this.judge(verdict, route.auth);
    if (!verdict.ok) return verdict.problem;
    const { caller } = verdict;
    if (visit !== undefined) visit.caller = caller.name;
    const isCounted = route.rateLimit?.by === 'key';
    return (
      (isCounted ? this.count(route, place, caller.name) : undefined) ?? this.enter(route, place, caller)
    );
  }

  /**
   * Goes on after a pause. The table may be another one by now, and the instance of before gone: so the request is routed
   * anew, and who may call is asked anew where that was changed.
   */
  private again(): Problem | undefined {
    const { arrival, target } = this;
    const { core, req, visit } = arrival;
    const decision = decide(core.matcher, target, req.method ?? '');
    if (decision.kind !== 'route') return unrouted(arrival, decision);
    const { route } = decision;
    if (visit !== undefined) visit.route = route;
    if (this.turn !== undefined && this.turn !== route.guard?.place) {
      visit?.giveUp();
      this.turn = undefined;
    }
    return route.guard === undefined
      ? pass(arrival, route, target, undefined)
      : this.pass(route, route.guard);
  }

  /** Waits for the verdict on a password. */
  private await(verdict: Promise<Authenticated>, auth: RouteAuth | undefined): undefined {
    const pause = new Pause(this.arrival);
    void verdict.then(
      (late) =>
        pause.end(() => {
          this.judge(late, auth);
          return this.again();
        }),
      (error: unknown) =>
        pause.end(() => {
          throw error;
        }),
    );
  }

  private judge(verdict: Authenticated, auth: RouteAuth | undefined): void {
    this.verdict = verdict;
    this.judgedBy = auth;
  }

  /** The verdict of before a pause, while the same may call. */
  private known(auth: RouteAuth | undefined): Authenticated | undefined {
    const { judgedBy } = this;
    const isSame = judgedBy === auth || JSON.stringify(judgedBy) === JSON.stringify(auth);
    return isSame ? this.verdict : undefined;
  }

  /** Counts the call, once. */
  private count(route: ServedRoute, place: GuardedPlace, key: string): Problem | undefined {
    if (this.counted === place) return undefined;
    this.counted = place;
    const wait = place.rate?.take(key, performance.now()) ?? 0;
    if (wait === 0) return undefined;
    return {
      code: 'rate-limited',
      detail: `${route.path} was called too often`,
      headers: ['Retry-After', String(Math.max(1, Math.ceil(wait / 1000)))],
    };
  }

  /** Takes a turn where the route has only so many, or waits for one. */
  private enter(route: ServedRoute, place: GuardedPlace, caller: Caller | undefined): Problem | undefined {
    const { arrival, target } = this;
    const { turns } = place;
    if (turns === undefined || this.turn === place) return pass(arrival, route, target, caller);
    const visit = (arrival.visit ??= new Visit(arrival, undefined));
    visit.route = route;
    const taken = (): void => {
      visit.leave = () => turns.leave();
      this.turn = place;
    };
    if (turns.enter()) {
      taken();
      return pass(arrival, route, target, caller);
    }
    const pause = new Pause(arrival);
    const stop = turns.wait(
      () => {
        taken();
        pause.end(() => this.again());
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
}

function busy({ path }: ServedRoute, why: string): Problem {
  return {
    code: 'route-busy',
    detail: `${path} takes no more requests now: ${why}`,
    headers: ['Retry-After', '1'],
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
