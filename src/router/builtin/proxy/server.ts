import { createServer, ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

import { decide, USUAL_METHODS } from '../../decide.ts';
import { parseTarget } from '../../target.ts';
import { Visit } from '../access/visit.ts';
import { admit, unrouted } from '../protect/admission.ts';
import { attempt, pass } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import { endWith, giveUp, MAX_HEADER_BYTES } from './broken.ts';
import { Client } from './client.ts';
import type { Connections } from './connections.ts';
import type { ProxyCore } from './core.ts';
import { Pipelined } from './pipelined.ts';
import type { Problem } from './problem.ts';
import { ProxiedRequest } from './proxied-request.ts';
import { ReadAhead } from './read-ahead.ts';
import { requestIdOf } from './request-id.ts';
import { expectation, requestProblem } from './request-rules.ts';
import type { Expectation } from './request-rules.ts';

/** Longer than any common client keeps an idle connection, so that it is the client who closes. */
const KEEP_ALIVE_MS = 95_000;
/** How long the head of a request may take; how long a new connection may say nothing. */
const HEADERS_MS = 30_000;
/** How exact that is. */
const CHECK_MS = 5000;

/** The server that clients talk to. It does not listen yet. */
export function createProxyServer(
  core: ProxyCore,
  connections: Connections,
  headersTimeout: number = HEADERS_MS,
): Server {
  const server = createServer({
    IncomingMessage: ProxiedRequest,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeout),
    // A slow upload is legal; the route's timeout is its idle limit, and `limits.upload_rate` its speed.
    requestTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Checked below, where the answer is a problem like any other.
    requireHostHeader: false,
  });
  // Node would cut the list silently; too many are refused below.
  server.maxHeadersCount = 0;

  const clientOf = (socket: Socket): Client => {
    const known = Client.of(socket);
    if (known !== undefined) return known;
    const client = new Client(socket);
    connections.add(client);
    socket.on('close', () => {
      connections.delete(client);
      client.onClose();
    });
    return client;
  };

  const accept = (req: ProxiedRequest, res: ServerResponse, expects = expectation(req)): void => {
    const client = req.client ?? clientOf(req.socket);
    // Its last answer is given or under way.
    if (client.isRefused) return;
    client.begin(res);
    handle(core, client, req, res, expects);
  };
  server.on('connection', (socket: Socket) => {
    // It is there again after requests that waited.
    if (Client.of(socket) !== undefined) return;
    const client = clientOf(socket);
    const place = connections.place(client, core);
    if (place === 'stays') return;
    client.isRefused = true;
    if (place === 'told') endWith(core, client, NO_ROOM);
    else socket.destroy();
  });
  // Whatever HTTP/1.0 expects is ignored.
  server.on('request', (req, res) => accept(req, res, 'nothing'));
  server.on('checkContinue', (req, res) => accept(req, res));
  server.on('checkExpectation', (req, res) => accept(req, res));
  const takeOver = (req: ProxiedRequest, socket: Socket, head: Buffer): void => {
    const client = clientOf(socket);
    if (req.isBehind) {
      new Pipelined(server, client, req, head).start();
      return;
    }
    connections.idle.delete(client);
    const ahead = new ReadAhead(socket, [head]);
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.on('finish', () => socket.destroySoon());
    if (!client.isRefused) handle(core, client, req, res, 'nothing', ahead);
  };
  server.on('upgrade', takeOver);
  // Comes for one that waits alone.
  server.on('connect', takeOver);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    giveUp(core, clientOf(socket), error.code ?? '');
  });
  return server;
}

const UNKNOWN: Problem = {
  code: 'expectation-failed',
  detail: 'the only expectation that can be met is 100-continue',
};
const NO_FORWARDING: Problem = {
  code: 'method-not-allowed',
  detail: 'this is not a forward proxy',
  headers: ['Allow', USUAL_METHODS],
};
const NO_ROOM: Problem = {
  code: 'too-many-connections',
  detail: 'there are too many connections',
  headers: ['Retry-After', '1'],
};

function handle(
  core: ProxyCore,
  client: Client,
  req: IncomingMessage,
  res: ServerResponse,
  expects: Expectation,
  upgradeHead?: ReadAhead,
): void {
  const requestId = requestIdOf(req.headers['x-request-id']);
  const visit =
    core.access === undefined ? undefined : new Visit({ core, client, req, requestId }, core.access);
  const expectContinue = expects === 'continue';
  const arrival: Arrival = { core, req, res, client, requestId, expectContinue, upgradeHead, visit };
  attempt(arrival, () => (expects === 'unknown' ? UNKNOWN : route(arrival)));
}

/** Sends the request on its way, or returns why not. */
function route(arrival: Arrival): Problem | undefined {
  const { core, req, visit } = arrival;
  if (req.method === 'CONNECT') return NO_FORWARDING;
  const wrong = requestProblem(req);
  if (wrong !== undefined) return wrong;
  const parsed = parseTarget(req.url ?? '', req.headers.host);
  if (!parsed.ok) return { code: 'path-invalid', detail: parsed.problem };
  const { target } = parsed;
  const decision = decide(core.matcher, target, req.method ?? '');
  if (decision.kind !== 'route') return unrouted(arrival, decision);
  const found = decision.route;
  if (visit !== undefined) visit.route = found;
  return found.guard === undefined
    ? pass(arrival, found, target, undefined)
    : admit(arrival, found, found.guard, target);
}
