import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestTarget } from '../../target.ts';
import { upstreamPath } from '../../target.ts';
import type { Visit } from '../access/visit.ts';
import type { Caller } from '../protect/authenticate.ts';
import type { Client } from './client.ts';
import type { ProxyCore, ServedRoute } from './core.ts';
import type { UpstreamInstance } from './instances.ts';
import type { ReadAhead } from './read-ahead.ts';
import { requestHead } from './request-head.ts';
import { isTrace, newTrace } from './trace.ts';

/** What a request comes with. */
export interface Incoming {
  readonly core: ProxyCore;
  readonly client: Client;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly route: ServedRoute;
  readonly instance: UpstreamInstance;
  readonly target: RequestTarget;
  readonly requestId: string;
  /** The client waits for `100 Continue`. */
  readonly expectContinue: boolean;
  /** A WebSocket is asked for; what comes behind the request. */
  readonly upgradeHead: ReadAhead | undefined;
  /** The connection carries no other request. */
  readonly close: boolean;
  /** Who calls, where the route asks for it. */
  readonly caller: Caller | undefined;
  /** Absent where nobody wants to know how the request ends. */
  readonly visit: Visit | undefined;
}

/** The head of the request to the function; its trace is noted for the access log. */
export function headToSend(input: Incoming, chunked: boolean): string {
  const { req, route, target, client, core } = input;
  const { traceparent } = req.headers;
  const trace = typeof traceparent === 'string' ? traceparent : undefined;
  const isKnown = isTrace(trace);
  const kept = isKnown ? trace : newTrace();
  if (input.visit !== undefined) input.visit.trace = kept;
  return requestHead({
    method: req.method ?? 'GET',
    target: upstreamPath(target.path, route.path, route.stripPrefix) + target.query,
    rawHeaders: req.rawHeaders,
    authority: target.authority,
    requestId: input.requestId,
    trace: kept,
    keepsTraceState: isKnown,
    caller: input.caller,
    timeoutMs: route.timeoutMs,
    peer: client.peer,
    trusted: client.isTrusted(core.trust),
    prefix: route.stripPrefix && route.path !== '/' ? route.path : '',
    chunked,
    expectContinue: input.expectContinue,
    upgrade: input.upgradeHead === undefined ? undefined : 'websocket',
  });
}
