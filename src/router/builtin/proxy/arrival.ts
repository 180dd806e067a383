import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ProblemCode } from '../../problems.ts';
import type { RequestTarget } from '../../target.ts';
import type { Visit } from '../access/visit.ts';
import type { Caller } from '../protect/authenticate.ts';
import { answerProblem } from './answer.ts';
import type { Client } from './client.ts';
import type { ProxyCore, ServedRoute } from './core.ts';
import { Exchange } from './exchange.ts';
import { tooLarge } from './exchange-problems.ts';
import { statusOf } from './problem.ts';
import type { Problem } from './problem.ts';
import type { ReadAhead } from './read-ahead.ts';

/** One request as it arrived. */
export interface Arrival {
  readonly core: ProxyCore;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly client: Client;
  readonly requestId: string;
  readonly expectContinue: boolean;
  /** A WebSocket is asked for; what comes behind the request. */
  readonly upgradeHead: ReadAhead | undefined;
  /** Absent where nobody wants to know how the request ends. */
  visit: Visit | undefined;
}

export const NO_ROUTE: Problem = { code: 'no-route', detail: 'no route leads here' };

/** What is wrong with the request itself: whatever follows on the connection is not to be trusted. */
const UNCLEAR: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'request-invalid',
  'headers-too-large',
  'version-unsupported',
  'expectation-failed',
]);

/** Does a piece of work for a request; answers with the problem that it returns, or that it met. */
export function attempt(arrival: Arrival, work: () => Problem | undefined): void {
  const { core, client, res } = arrival;
  try {
    const problem = work();
    // A client that waits for 100 may or may not send its body after another answer.
    if (problem !== undefined) refuse(arrival, problem, arrival.expectContinue || UNCLEAR.has(problem.code));
  } catch (error) {
    core.onDefect(error);
    if (res.headersSent) client.socket.destroy();
    else refuse(arrival, { code: 'internal', detail: 'the router failed on this request' }, true);
  }
}

/** Sends the request to the function, or returns why not. */
export function pass(
  arrival: Arrival,
  route: ServedRoute,
  target: RequestTarget,
  caller: Caller | undefined,
): Problem | undefined {
  const { instance } = route;
  if (instance === undefined) return notReady(route);
  if (Number(arrival.req.headers['content-length'] ?? 0) > route.maxBodyBytes) return tooLarge(route);
  const { core, client, req, res, requestId, expectContinue, upgradeHead, visit } = arrival;
  new Exchange({
    core,
    client,
    req,
    res,
    route,
    instance,
    target,
    requestId,
    expectContinue,
    upgradeHead,
    close: closes(arrival),
    caller,
    visit,
  }).start();
  return undefined;
}

function refuse(arrival: Arrival, problem: Problem, isUnclear: boolean): void {
  const { client, req, res, requestId, visit } = arrival;
  const bytes = answerProblem(client, req, res, problem, requestId, isUnclear || closes(arrival));
  if (visit === undefined) return;
  visit.bytesOut = bytes;
  visit.end(statusOf(problem), problem.code);
}

/** Whether the connection carries no other request. */
function closes({ core, req, upgradeHead }: Arrival): boolean {
  if (core.closing || upgradeHead !== undefined) return true;
  return req.headers.upgrade !== undefined || req.method === 'CONNECT';
}

function notReady({ function: name, target }: ServedRoute): Problem {
  const unready = target.kind === 'unready' ? target : { reason: '', retryAfterSeconds: 1 };
  return {
    code: 'function-not-ready',
    detail: `function "${name}" is not ready${unready.reason === '' ? '' : `: ${unready.reason}`}`,
    headers: ['Retry-After', String(unready.retryAfterSeconds)],
  };
}
