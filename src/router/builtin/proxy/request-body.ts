import type { IncomingMessage } from 'node:http';

import type { UpstreamConnection } from '../upstream/connection.ts';
import { passableTrailers } from './header-rules.ts';

/** Who sends the body on. */
export interface BodySink {
  /** There is something to send, or the end is reached. */
  onBodyReady(body: RequestBody): void;
  onBodyTooLarge(): void;
}

/** A body up to this length is kept until the answer begins, so that the request can be sent again. */
const REPLAY_BYTES = 65_536;
/** More than this is not taken from the client while it cannot be sent on. */
const HIGH_WATER = 262_144;
const NO_TRAILERS: readonly string[] = [];

/**
 * The body of a request under way to a function. Pieces that came together are sent together, after the poll
 * phase of the event loop: so an early answer, or the end of a kept-alive connection, is noticed before a write
 * on that connection fails and takes the unread answer with it.
 */
export class RequestBody {
  private readonly req: IncomingMessage;
  private readonly sink: BodySink;
  private readonly length: number | undefined;
  private readonly maxBytes: number;
  private readonly kept: Buffer[] | undefined;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private received = 0;
  private scheduled = false;
  private blocked = false;
  private ended = false;
  private endSent = false;
  private stopped = false;

  /** `length`: of Content-Length; `undefined` for a chunked body. */
  constructor(
    req: IncomingMessage,
    sink: BodySink,
    length: number | undefined,
    maxBytes: number,
    keep: boolean,
  ) {
    this.req = req;
    this.sink = sink;
    this.length = length;
    this.maxBytes = maxBytes;
    this.kept = keep && length !== undefined && length <= REPLAY_BYTES ? [] : undefined;
  }

  /** Whether the whole body, as far as it came, can be sent once more. */
  get replayable(): boolean {
    return this.kept !== undefined || this.received === this.queuedBytes;
  }

  /** Whether only the client can get things going: nothing waits to be sent and the end has not come. */
  get waitsForClient(): boolean {
    return !this.ended && !this.blocked && this.queue.length === 0;
  }

  start(): void {
    this.req.on('data', this.onData);
    this.req.on('end', this.onEnd);
    this.schedule();
  }

  /** Sends what came so far. */
  sendTo(upstream: UpstreamConnection): void {
    if (this.endSent) return;
    const pieces = this.queue;
    this.queue = [];
    this.queuedBytes = 0;
    this.kept?.push(...pieces);
    const chunked = this.length === undefined;
    const trailers = this.ended && chunked ? passableTrailers(this.req.rawTrailers) : NO_TRAILERS;
    const more = upstream.writeBody(pieces, chunked, this.ended, trailers);
    this.endSent = this.ended;
    if (more) this.unblock();
    else this.block();
  }

  /** The function takes more. */
  resume(): void {
    this.unblock();
  }

  /** Makes ready to send everything again, on another connection. */
  rewind(): void {
    this.queue = [...(this.kept ?? []), ...this.queue];
    if (this.kept !== undefined) this.kept.length = 0;
    this.endSent = false;
    this.unblock();
  }

  /** Throws away what still comes. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    this.req.off('data', this.onData);
    this.req.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    if (this.received > this.maxBytes) {
      this.sink.onBodyTooLarge();
      return;
    }
    this.queue.push(chunk);
    this.queuedBytes += chunk.length;
    if (this.queuedBytes >= HIGH_WATER) this.block();
    this.schedule();
  };

  private readonly onEnd = (): void => {
    this.ended = true;
    this.schedule();
  };

  private schedule(): void {
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    setImmediate(flush, this);
  }

  /** Called by {@link flush} alone. */
  flush(): void {
    this.scheduled = false;
    if (!this.stopped) this.sink.onBodyReady(this);
  }

  private block(): void {
    this.blocked = true;
    this.req.pause();
  }

  private unblock(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.req.resume();
  }
}

function flush(body: RequestBody): void {
  body.flush();
}
