import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import { allowedMethods, decide, USUAL_METHODS } from '../../decide.ts';
import { parseTarget } from '../../target.ts';
import { Visit } from '../access/visit.ts';
import { admit, isVisible } from '../protect/admission.ts';
import { answerProblem } from './answer.ts';
import { attempt, NO_ROUTE, pass } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import { Client } from './client.ts';
import type { Connections } from './connections.ts';
import type { ProxyCore, ServedRoute } from './core.ts';
import type { Problem } from './problem.ts';
import { rawProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

const MAX_HEADER_BYTES = 32_768;
const MAX_HEADERS = 1000;
/** Longer than any common client keeps an idle connection, so that it is the client who closes. */
const KEEP_ALIVE_MS = 95_000;
/** How long the head of a request may take; how long a new connection may say nothing. */
const HEADERS_MS = 30_000;
/** How exact that is. */
const CHECK_MS = 5000;

/** Keeps every upgrade but a WebSocket's from taking the connection out of HTTP: `Upgrade: h2c` is a plain request. */
class ProxiedRequest extends IncomingMessage {
  private asked = false;

  get upgrade(): boolean {
    return this.asked && (this.method === 'CONNECT' || wantsWebSocket(this));
  }

  set upgrade(asked: boolean) {
    this.asked = asked;
  }
}

function wantsWebSocket(req: IncomingMessage): boolean {
  const { headers } = req;
  return (
    req.method === 'GET' &&
    req.httpVersionMinor === 1 &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.upgrade?.toLowerCase() === 'websocket'
  );
}

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
  // Node would cut the list silently; more than MAX_HEADERS are refused below.
  server.maxHeadersCount = 0;

  const clientOf = (socket: Socket): Client => {
    const known = connections.all.get(socket);
    if (known !== undefined) return known;
    const client = new Client(socket);
    connections.add(client);
    socket.on('close', () => {
      connections.delete(client);
      client.onClose();
    });
    return client;
  };

  const accept = (req: IncomingMessage, res: ServerResponse, expectContinue: boolean): void => {
    handle(core, clientOf(req.socket), req, res, expectContinue);
  };
  server.on('connection', (socket: Socket) => {
    const client = clientOf(socket);
    if (connections.hasRoom(client, core)) return;
    client.isRefused = true;
    endWith(socket, NO_ROOM);
  });
  server.on('request', (req, res) => accept(req, res, false));
  server.on('checkContinue', (req, res) => accept(req, res, true));
  server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
    const problem: Problem = {
      code: 'expectation-failed',
      detail: 'the only expectation that can be met is 100-continue',
    };
    answerProblem(clientOf(req.socket), req, res, problem, requestIdOf(req.headers['x-request-id']), true);
  });
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.on('finish', () => socket.destroySoon());
    handle(core, clientOf(socket), req, res, false, head);
  });
  server.on('connect', (_req: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    endWith(socket, {
      code: 'method-not-allowed',
      detail: 'this is not a forward proxy',
      headers: ['Allow', USUAL_METHODS],
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const busy = connections.all.get(socket)?.activities.size ?? 0;
    const problem = parserProblem(error.code ?? '');
    if (!socket.writable || busy > 0 || problem === undefined) socket.destroy();
    else endWith(socket, problem);
  });
  return server;
}

function handle(
  core: ProxyCore,
  client: Client,
  req: IncomingMessage,
  res: ServerResponse,
  expectContinue: boolean,
  upgradeHead?: Buffer,
): void {
  // It was answered when it connected.
  if (client.isRefused) return;
  const requestId = requestIdOf(req.headers['x-request-id']);
  const visit =
    core.access === undefined ? undefined : new Visit({ core, client, req, requestId }, core.access);
  const arrival: Arrival = { core, req, res, client, requestId, expectContinue, upgradeHead, visit };
  attempt(arrival, () => route(arrival));
}

/** Sends the request on its way, or returns why not. */
function route(arrival: Arrival): Problem | undefined {
  const { core, req, visit } = arrival;
  const { headers } = req;
  const parsed = parseTarget(req.url ?? '', headers.host);
  if (!parsed.ok) return { code: 'path-invalid', detail: parsed.problem };
  if (req.rawHeaders.length > 2 * MAX_HEADERS) {
    return { code: 'headers-too-large', detail: `the request has more than ${MAX_HEADERS} headers` };
  }
  const hosts = hostCount(req.rawHeaders);
  if (hosts > 1 || (hosts === 0 && req.httpVersionMinor === 1)) {
    return { code: 'request-invalid', detail: 'a request names its host once' };
  }
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || req.httpVersionMinor === 0)) {
    return { code: 'request-invalid', detail: 'the only transfer encoding is chunked, in HTTP/1.1' };
  }
  const { target } = parsed;
  const decision = decide(core.matcher, target, req.method ?? '');
  if (decision.kind === 'none') return NO_ROUTE;
  if (decision.kind === 'method') return wrongMethod(arrival, decision.place);
  const found = decision.route;
  if (visit !== undefined) visit.route = found;
  return found.guard === undefined
    ? pass(arrival, found, target, undefined)
    : admit(arrival, found, found.guard, target);
}

function wrongMethod(arrival: Arrival, place: readonly ServedRoute[]): Problem {
  const visible = place.filter((item) => isVisible(item, arrival));
  const [first] = visible;
  if (first === undefined) return NO_ROUTE;
  return {
    code: 'method-not-allowed',
    detail: `${first.path} does not take ${arrival.req.method ?? ''}`,
    headers: ['Allow', allowedMethods(visible)],
  };
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

const NO_ROOM: Problem = {
  code: 'too-many-connections',
  detail: 'there are too many connections',
  headers: ['Retry-After', '1'],
};

function endWith(socket: Socket, problem: Problem): void {
  socket.end(rawProblem(problem, requestIdOf(undefined)), () => socket.destroy());
}

/** What Node's parser or its timers complain of; `undefined` when nobody is there to be told. */
function parserProblem(code: string): Problem | undefined {
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      code: 'headers-too-large',
      detail: `the request's head has more than ${MAX_HEADER_BYTES} bytes`,
    };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'request-timeout', detail: 'the head of the request did not come in time' };
  }
  return { code: 'request-invalid', detail: 'the request is not valid HTTP/1.1' };
}
