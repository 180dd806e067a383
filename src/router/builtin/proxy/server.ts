import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import { allowedMethods, decide, USUAL_METHODS } from '../../decide.ts';
import { parseTarget } from '../../target.ts';
import { answerProblem } from './answer.ts';
import { Client } from './client.ts';
import type { ProxyCore } from './core.ts';
import { Exchange } from './exchange.ts';
import { tooLarge } from './exchange-problems.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { rawProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

const MAX_HEADER_BYTES = 32_768;
const MAX_HEADERS = 1000;
/** Longer than any common client keeps an idle connection, so that it is the client who closes. */
const KEEP_ALIVE_MS = 95_000;
const HEADERS_MS = 30_000;

/** What is wrong with the request itself: whatever follows on the connection is not to be trusted. */
const UNCLEAR: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['request-invalid', 'headers-too-large']);

/** One request as it arrived. */
interface Arrival {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly client: Client;
  readonly expectContinue: boolean;
  readonly upgradeHead: Buffer | undefined;
}

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
export function createProxyServer(core: ProxyCore, clients: Map<Socket, Client>): Server {
  const server = createServer({
    IncomingMessage: ProxiedRequest,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    // A slow upload is legal; the route's timeout is its idle limit.
    requestTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Checked below, where the answer is a problem like any other.
    requireHostHeader: false,
  });
  // Node would cut the list silently; more than MAX_HEADERS are refused below.
  server.maxHeadersCount = 0;

  const clientOf = (socket: Socket): Client => {
    const known = clients.get(socket);
    if (known !== undefined) return known;
    const client = new Client(socket);
    clients.set(socket, client);
    socket.on('close', () => {
      clients.delete(socket);
      client.onClose();
    });
    return client;
  };

  const accept = (req: IncomingMessage, res: ServerResponse, expectContinue: boolean): void => {
    handle(core, { req, res, client: clientOf(req.socket), expectContinue, upgradeHead: undefined });
  };
  server.on('connection', clientOf);
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
    handle(core, { req, res, client: clientOf(socket), expectContinue: false, upgradeHead: head });
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
    const busy = clients.get(socket)?.activities.size ?? 0;
    const problem = parserProblem(error.code ?? '');
    if (!socket.writable || busy > 0 || problem === undefined) socket.destroy();
    else endWith(socket, problem);
  });
  return server;
}

const NO_ROUTE: Problem = { code: 'no-route', detail: 'no route leads here' };

function handle(core: ProxyCore, arrival: Arrival): void {
  const { req, res, client } = arrival;
  const requestId = requestIdOf(req.headers['x-request-id']);
  const close = core.closing || arrival.upgradeHead !== undefined || req.headers.upgrade !== undefined;
  try {
    const problem = route(core, arrival, requestId, close);
    if (problem === undefined) return;
    // A client that waits for 100 may or may not send its body after another answer.
    const unclear = arrival.expectContinue || UNCLEAR.has(problem.code);
    answerProblem(client, req, res, problem, requestId, close || unclear);
  } catch (error) {
    core.onDefect(error);
    const problem: Problem = { code: 'internal', detail: 'the router failed on this request' };
    if (res.headersSent) client.socket.destroy();
    else answerProblem(client, req, res, problem, requestId, true);
  }
}

/** Sends the request on its way, or returns why not. */
function route(core: ProxyCore, arrival: Arrival, requestId: string, close: boolean): Problem | undefined {
  const { req, res, client, expectContinue, upgradeHead } = arrival;
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
  if (decision.kind === 'method') {
    return {
      code: 'method-not-allowed',
      detail: `${decision.place[0].path} does not take ${req.method ?? ''}`,
      headers: ['Allow', allowedMethods(decision.place)],
    };
  }
  const found = decision.route;
  if (found.instance === undefined) {
    const unready = found.target.kind === 'unready' ? found.target : { reason: '', retryAfterSeconds: 1 };
    const detail = `function "${found.function}" is not ready${unready.reason === '' ? '' : `: ${unready.reason}`}`;
    return {
      code: 'function-not-ready',
      detail,
      headers: ['Retry-After', String(unready.retryAfterSeconds)],
    };
  }
  if (Number(headers['content-length'] ?? 0) > found.maxBodyBytes) {
    return tooLarge(found);
  }
  const { instance } = found;
  new Exchange({
    core,
    client,
    req,
    res,
    route: found,
    instance,
    target,
    requestId,
    expectContinue,
    upgradeHead,
    close,
  }).start();
  return undefined;
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

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
