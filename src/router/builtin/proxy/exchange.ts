import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { FunctionName } from '../../../core/names.ts';
import type { UpstreamConnection, UpstreamHandler } from '../upstream/connection.ts';
import type { UpstreamFailure } from '../upstream/failure.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import { answerProblem, hasBody, settle } from './answer.ts';
import type { ClientActivity } from './client.ts';
import {
  failureProblem,
  notTaken,
  replaced,
  timeoutProblem,
  tooLarge,
  tooSlow,
  uninvitedUpgrade,
} from './exchange-problems.ts';
import { passableTrailers } from './header-rules.ts';
import type { Incoming } from './incoming.ts';
import { headToSend } from './incoming.ts';
import type { InFlight } from './instances.ts';
import { interim } from './interim.ts';
import { hasLeft } from './left.ts';
import { pairs } from './pairs.ts';
import { statusOf } from './problem.ts';
import type { Problem } from './problem.ts';
import { RequestBody } from './request-body.ts';
import { reset } from './reset.ts';
import { isIdempotent, mayRetry } from './retry.ts';
import { Tunnel } from './tunnel.ts';

/** How long a function may think about `Expect: 100-continue` before the router asks for the body itself. */
const CONTINUE_MS = 500;
/**
 * How long a client may take nothing of an answer, at least. That it does is seen only when a third of what the kernel
 * holds for it is free again, and that may be a megabyte.
 */
const READER_MS = 60_000;

/** One request on its way to a function, and its answer on the way back. */
export class Exchange implements UpstreamHandler, InFlight, ClientActivity {
  readonly functionName: FunctionName;
  readonly endless = false;
  private readonly input: Incoming;
  private readonly body: RequestBody | undefined;
  private readonly head: string;
  private upstream: UpstreamConnection | undefined;
  private lastActivity = performance.now();
  private retried = false;
  /** A try that is over had reached the function. */
  private reached = false;
  private answering: ResponseHead | undefined;
  /** The instance is done; what is left is between the router and the client. */
  private released = false;
  private continued = false;
  /** The client has to take something of the answer before more of it comes. */
  private waitsForReader = false;

  constructor(input: Incoming) {
    const { req, route } = input;
    this.input = input;
    this.functionName = route.function;
    const chunked = req.headers['transfer-encoding'] !== undefined;
    this.body = hasBody(req) ? new RequestBody(req, this, chunked, route.maxBodyBytes) : undefined;
    this.head = headToSend(input, chunked);
  }

  start(): void {
    this.input.instance.add(this);
    this.input.client.activities.add(this);
    if (this.body === undefined) this.send(false);
    else this.body.start();
    if (this.input.expectContinue) setTimeout(() => this.continueClient(), CONTINUE_MS).unref();
  }

  /** The body has something to send, or its end. */
  onBodyReady(body: RequestBody): void {
    if (this.released) return;
    this.touch();
    if (this.upstream === undefined) this.send(false);
    else body.sendTo(this.upstream);
  }

  onBodyTooLarge(): void {
    this.fail(tooLarge(this.input.route));
  }

  private send(fresh: boolean): void {
    const { body, input } = this;
    const connection = input.instance.pool.take(fresh, !isIdempotent(input.req.method));
    this.upstream = connection;
    input.visit?.sent();
    connection.begin(this, input.req.method ?? 'GET', this.head, body === undefined);
    body?.sendTo(connection);
  }

  onInformation(head: ResponseHead): void {
    this.touch();
    const { req, res } = this.input;
    if (head.status === 100) this.continueClient();
    else if (req.httpVersionMinor === 1) interim(res, head);
  }

  onHead(head: ResponseHead, more: boolean): void {
    this.touch();
    this.answering = head;
    this.input.visit?.answered();
    this.body?.forget();
    if (more) return;
    this.writeHead(head);
    this.input.res.flushHeaders();
  }

  private writeHead(head: ResponseHead): void {
    const { req, res } = this.input;
    const headers = [...head.headers];
    if (head.trailer !== undefined && req.httpVersionMinor === 1 && req.method !== 'HEAD') {
      headers.push('Trailer', head.trailer);
    }
    if (this.closesAfter()) headers.push('Connection', 'close');
    res.writeHead(head.status, head.reason, headers);
  }

  onBody(data: Buffer, last: boolean, trailers: readonly string[]): void {
    const { client, req, res, visit } = this.input;
    if (visit !== undefined) visit.bytesOut += data.length;
    // A head that the body came with goes with it; a body that is no HTTP is still a 502.
    if (!res.headersSent && this.answering !== undefined) this.writeHead(this.answering);
    if (last) {
      this.upstream = undefined;
      this.release();
      if (trailers.length > 0 && req.httpVersionMinor === 1)
        res.addTrailers(pairs(passableTrailers(trailers)));
      res.end(data);
      settle(client, req, res);
      this.over(res.statusCode);
      return;
    }
    this.touch();
    // One piece that came holds many chunks.
    if (res.write(data) || this.waitsForReader) return;
    this.waitsForReader = true;
    this.upstream?.pause();
    res.once('drain', () => {
      this.waitsForReader = false;
      this.touch();
      this.upstream?.resume();
    });
  }

  onUpgrade(head: ResponseHead, upstream: Socket, fromUpstream: Buffer): void {
    const { client, instance, upgradeHead, res, visit } = this.input;
    this.upstream = undefined;
    if (upgradeHead === undefined || head.upgrade?.toLowerCase() !== 'websocket') {
      upstream.destroy();
      this.fail(uninvitedUpgrade(this.functionName));
      return;
    }
    res.detachSocket(client.socket);
    const { functionName } = this;
    new Tunnel({
      client,
      instance,
      functionName,
      upstream,
      head,
      fromUpstream,
      fromClient: Buffer.concat(upgradeHead.take()),
      visit,
    }).start();
    this.release();
  }

  onFailure(failure: UpstreamFailure): void {
    this.upstream = undefined;
    if (failure.kind === 'internal') this.input.core.onDefect(failure.cause);
    const replayable = this.body === undefined || this.body.replayable;
    if (!this.retried && !this.released && replayable && mayRetry(failure, this.input.req.method)) {
      this.retried = true;
      this.reached = failure.sent;
      this.body?.rewind();
      this.send(true);
      return;
    }
    this.fail(failureProblem(failure.kind, this.functionName, this.reached));
  }

  onDrain(): void {
    this.touch();
    this.body?.resume();
  }

  onClientGone(): void {
    this.upstream?.destroy();
    this.release();
    this.over(499);
  }

  onBroken(req: IncomingMessage, problem: Problem): void {
    if (req === this.input.req) this.fail(problem);
  }

  tick(now: number): void {
    const { socket } = this.input.client;
    if ((socket.isPaused() || this.body?.isBlocked === true) && hasLeft(socket)) {
      socket.destroy();
      return;
    }
    const { timeoutMs } = this.input.route;
    const { uploadRate } = this.input.core.limits;
    const mayCome = this.continued || !this.input.expectContinue;
    // Once the answer has begun, both sides may talk as slowly as they like.
    if (this.answering === undefined && mayCome && this.body?.isTooSlow(now, uploadRate) === true) {
      this.fail(tooSlow(uploadRate));
      return;
    }
    const limit = this.waitsForReader ? Math.max(timeoutMs, READER_MS) : timeoutMs;
    if (now - this.lastActivity < limit) return;
    const waitsForClient = this.body?.waitsForClient === true && mayCome;
    this.fail(
      this.waitsForReader ? notTaken(limit) : timeoutProblem(waitsForClient, limit, this.functionName),
    );
  }

  endForDrain(): void {
    this.fail(replaced(this.functionName));
  }

  /** Ends the request: with a problem where no answer has begun, else by breaking off. */
  fail(problem: Problem): void {
    const { client, req, res, requestId, visit } = this.input;
    this.upstream?.destroy();
    this.upstream = undefined;
    this.release();
    if (!res.headersSent) {
      const bytes = answerProblem(client, req, res, problem, requestId, this.closesAfter());
      if (visit !== undefined) visit.bytesOut = bytes;
      this.over(statusOf(problem), problem.code);
      return;
    }
    this.over(res.statusCode, problem.code);
    // Without a length or chunks a plain end would look like the end of the body.
    if (req.httpVersionMinor === 0 && this.answering?.framing.kind !== 'length') reset(client.socket);
    else res.destroy();
  }

  private over(status: number, error?: string): void {
    const { visit } = this.input;
    if (visit === undefined) return;
    visit.bytesIn = this.body?.received ?? 0;
    visit.end(status, error);
  }

  private touch(): void {
    this.lastActivity = performance.now();
  }

  private release(): void {
    if (this.released) return;
    this.released = true;
    this.body?.stop();
    this.input.client.activities.delete(this);
    this.input.instance.delete(this);
  }

  /** A client that was not told to continue may or may not send the body: only a new connection is unambiguous. */
  private closesAfter(): boolean {
    const { client, close, core, expectContinue, req, res } = this.input;
    const isBroken = client.isRefused && client.latest === res && !req.complete;
    const closes = close || core.closing || isBroken || (expectContinue && !this.continued);
    // What is sent behind it is not looked at.
    if (closes) client.isRefused = true;
    return closes;
  }

  private continueClient(): void {
    if (this.continued || !this.input.expectContinue || this.released || this.answering !== undefined) return;
    this.continued = true;
    this.input.res.writeContinue();
  }
}
