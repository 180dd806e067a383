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
/** How long the router waits for a client, all in all, before its speed counts. */
const PATIENCE_MS = 60_000;
const NO_TRAILERS: readonly string[] = [];

/**
 * The body of a request under way to a function. Pieces that came together are sent together, after the poll
 * phase of the event loop: so an early answer, or the end of a kept-alive connection, is noticed before a write
 * on that connection fails and takes the unread answer with it.
 */
export class RequestBody {
  private readonly req: IncomingMessage;
  private readonly sink: BodySink;
  private readonly chunked: boolean;
  private readonly maxBytes: number;
  /** What was sent; `undefined` once it was too much. */
  private kept: Buffer[] | undefined = [];
  private keptBytes = 0;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private receivedBytes = 0;
  /** How long nothing but the client was waited for, and when that was last looked at. */
  private waitedMs = 0;
  private lookedAt = performance.now();
  private scheduled = false;
  private blocked = false;
  private ended = false;
  private endSent = false;
  private stopped = false;

  constructor(req: IncomingMessage, sink: BodySink, chunked: boolean, maxBytes: number) {
    this.req = req;
    this.sink = sink;
    this.chunked = chunked;
    this.maxBytes = maxBytes;
  }

  /** Whether the whole body, as far as it came, can be sent once more. */
  get replayable(): boolean {
    return this.kept !== undefined;
  }

  /** Whether only the client can get things going: nothing waits to be sent and the end has not come. */
  get waitsForClient(): boolean {
    return !this.ended && !this.blocked && this.queue.length === 0;
  }

  /** Whether nothing more is taken from the client for now. */
  get isBlocked(): boolean {
    return this.blocked;
  }

  /** Bytes of it that came so far. */
  get received(): number {
    return this.receivedBytes;
  }

  /**
   * Whether the client sends less than so many bytes a second. To be asked now and then, with `performance.now()`: only
   * time in which the client alone was waited for counts, not what the function takes.
   */
  isTooSlow(now: number, bytesPerSecond: number): boolean {
    const passed = now - this.lookedAt;
    this.lookedAt = now;
    if (!this.waitsForClient) return false;
    this.waitedMs += passed;
    return this.waitedMs > PATIENCE_MS && this.receivedBytes * 1000 < this.waitedMs * bytesPerSecond;
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
    this.keep(pieces);
    const trailers = this.ended && this.chunked ? passableTrailers(this.req.rawTrailers) : NO_TRAILERS;
    const more = upstream.writeBody(pieces, this.chunked, this.ended, trailers);
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
    this.kept = [];
    this.keptBytes = 0;
    this.endSent = false;
    this.unblock();
  }

  /** The answer has begun: the body is not sent again. */
  forget(): void {
    this.kept = undefined;
  }

  /** Throws away what still comes. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    this.req.off('data', this.onData);
    this.req.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.receivedBytes += chunk.length;
    if (this.receivedBytes > this.maxBytes) {
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

  private keep(pieces: readonly Buffer[]): void {
    for (const piece of pieces) this.keptBytes += piece.length;
    if (this.keptBytes > REPLAY_BYTES) this.kept = undefined;
    else this.kept?.push(...pieces);
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
