import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { ChunkedDecoder } from './chunked.ts';
import { failureKind } from './failure.ts';
import type { UpstreamFailure } from './failure.ts';
import { isQuiet } from './quiet.ts';
import { InvalidAnswer, parseResponseHead } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';

/** Who sent the request and gets its answer. After `onFailure`, `onUpgrade` or a last `onBody` nothing more comes. */
export interface UpstreamHandler {
  onInformation(head: ResponseHead): void;
  /** `more`: whether body bytes follow at once. */
  onHead(head: ResponseHead, more: boolean): void;
  /** `last` comes exactly once, with a complete answer; `trailers` are flat pairs. */
  onBody(data: Buffer, last: boolean, trailers: readonly string[]): void;
  /** The socket is the handler's from here on, paused; `rest` are bytes behind the head. */
  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer): void;
  onFailure(failure: UpstreamFailure): void;
  /** The request's body can go on. */
  onDrain(): void;
}

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** The answer is complete and the connection can carry another request. */
  onIdle(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

const MAX_HEAD = 65_536;
const MAX_INFORMATION = 100;
const EMPTY = Buffer.alloc(0);
const NO_TRAILERS: readonly string[] = [];
const CRLF = '\r\n';

/** One connection to a function, carrying one request at a time. */
export class UpstreamConnection {
  /** When it became idle, in milliseconds of `performance.now()`. */
  idleSince = 0;
  /** How long the function said that it keeps an idle connection. */
  keepAliveMs: number | undefined;
  private readonly socket: Socket;
  private readonly owner: ConnectionOwner;
  private handler: UpstreamHandler | undefined;
  private requests = 0;
  private method = '';
  private requestDone = true;
  private sent = false;
  private answered = false;
  private information = 0;
  private head: ResponseHead | undefined;
  private partial: Buffer | undefined;
  private remaining = 0;
  private decoder: ChunkedDecoder | undefined;
  private failure: Error | undefined;

  constructor(port: number, owner: ConnectionOwner) {
    this.owner = owner;
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('data', this.onData);
    this.socket.on('drain', this.onDrain);
    this.socket.on('end', this.onEnd);
    this.socket.on('error', this.onError);
    this.socket.on('close', this.onClose);
  }

  get usable(): boolean {
    return this.handler === undefined && this.socket.writable && this.socket.errored === null;
  }

  /** Whether it is certain, not only likely, that the function has not ended it yet. */
  get quiet(): boolean {
    return isQuiet(this.socket);
  }

  /** Starts a request. `head` ends with the empty line; more of the request follows unless `complete`. */
  begin(handler: UpstreamHandler, method: string, head: string, complete: boolean): void {
    this.handler = handler;
    this.method = method;
    this.requests++;
    this.requestDone = complete;
    this.sent = false;
    this.answered = false;
    this.information = 0;
    this.head = undefined;
    if (!complete) this.socket.cork();
    this.socket.write(head, 'latin1');
    if (complete) this.noteSent();
  }

  /** Sends pieces of the body and, with `last`, its end. Returns `false` when the handler must wait for `onDrain`. */
  writeBody(
    pieces: readonly Buffer[],
    chunked: boolean,
    last: boolean,
    trailers: readonly string[],
  ): boolean {
    const { socket } = this;
    if (socket.writableCorked === 0) socket.cork();
    let more = true;
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      if (chunked) socket.write(piece.length.toString(16) + CRLF, 'latin1');
      more = socket.write(piece);
      if (chunked) more = socket.write(CRLF, 'latin1');
    }
    if (last) {
      this.requestDone = true;
      if (chunked) socket.write(lastChunk(trailers), 'latin1');
    }
    socket.uncork();
    this.noteSent();
    return more;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends the connection at once; the handler hears nothing more. */
  destroy(): void {
    this.handler = undefined;
    this.socket.destroy();
  }

  /** A failed write fails at once as long as the kernel took nothing; `errored` is set before `write` returns then. */
  private noteSent(): void {
    if (this.socket.errored === null && !this.socket.connecting) this.sent = true;
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.handler === undefined) {
      // Bytes that nobody asked for: the next answer could be mistaken.
      this.socket.destroy();
      return;
    }
    this.answered = true;
    try {
      this.consume(chunk);
    } catch (error) {
      this.fail(error instanceof InvalidAnswer ? 'invalid' : 'internal', error as Error);
    }
  };

  private consume(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest !== undefined && this.handler !== undefined) {
      rest =
        this.head === undefined
          ? this.takeHead(rest, this.handler)
          : this.takeBody(rest, this.head, this.handler);
    }
    if (rest !== undefined && rest.length > 0) this.socket.destroy();
  }

  /** Returns what follows the head, or `undefined` when there is no more to do. */
  private takeHead(chunk: Buffer, handler: UpstreamHandler): Buffer | undefined {
    const data: Buffer = this.partial === undefined ? chunk : Buffer.concat([this.partial, chunk]);
    const end = data.indexOf('\r\n\r\n', 0, 'latin1');
    if (end === -1) {
      if (data.length > MAX_HEAD) throw new InvalidAnswer('the head is too large');
      if (!mayBegin(data)) throw new InvalidAnswer('the answer does not begin as one');
      this.partial = data;
      return undefined;
    }
    this.partial = undefined;
    if (end > MAX_HEAD) throw new InvalidAnswer('the head is too large');
    const head = parseResponseHead(data.toString('latin1', 0, end), this.method);
    const rest: Buffer | undefined = data.length === end + 4 ? undefined : data.subarray(end + 4);
    if (head.status === 101) {
      this.handOver(head, rest ?? EMPTY, handler);
      return undefined;
    }
    if (head.status < 200) {
      if (++this.information > MAX_INFORMATION) throw new InvalidAnswer('too many interim answers');
      handler.onInformation(head);
      return rest;
    }
    this.head = head;
    this.remaining = head.framing.kind === 'length' ? head.framing.length : 0;
    this.decoder = head.framing.kind === 'chunked' ? new ChunkedDecoder() : undefined;
    handler.onHead(head, rest !== undefined || head.framing.kind === 'none');
    if (head.framing.kind !== 'none') return rest;
    this.complete(EMPTY, NO_TRAILERS, rest);
    return rest;
  }

  private takeBody(chunk: Buffer, head: ResponseHead, handler: UpstreamHandler): Buffer | undefined {
    if (this.decoder !== undefined) return this.takeChunked(chunk, this.decoder, handler);
    if (head.framing.kind === 'close') {
      handler.onBody(chunk, false, NO_TRAILERS);
      return undefined;
    }
    if (chunk.length < this.remaining) {
      this.remaining -= chunk.length;
      handler.onBody(chunk, false, NO_TRAILERS);
      return undefined;
    }
    const rest = chunk.length === this.remaining ? undefined : chunk.subarray(this.remaining);
    this.complete(rest === undefined ? chunk : chunk.subarray(0, this.remaining), NO_TRAILERS, rest);
    return rest;
  }

  private takeChunked(chunk: Buffer, decoder: ChunkedDecoder, handler: UpstreamHandler): Buffer | undefined {
    let final: Buffer = EMPTY;
    const taken = decoder.push(chunk, (data, last) => {
      if (last) final = data;
      else if (this.handler === handler) handler.onBody(data, false, NO_TRAILERS);
    });
    if (!decoder.done) return undefined;
    const rest = taken === chunk.length ? undefined : chunk.subarray(taken);
    if (this.handler === handler) this.complete(final, decoder.trailers, rest);
    return rest;
  }

  private complete(data: Buffer, trailers: readonly string[], rest: Buffer | undefined): void {
    const { handler, head } = this;
    const reusable =
      this.requestDone &&
      head?.persistent === true &&
      rest === undefined &&
      this.socket.writable &&
      this.socket.writableLength === 0;
    this.handler = undefined;
    this.decoder = undefined;
    if (reusable) {
      this.keepAliveMs = head.keepAliveMs;
      this.socket.resume();
      this.owner.onIdle(this);
    } else {
      this.socket.destroy();
    }
    handler?.onBody(data, true, trailers);
  }

  private handOver(head: ResponseHead, rest: Buffer, handler: UpstreamHandler): void {
    this.handler = undefined;
    const { socket } = this;
    socket.pause();
    socket.removeAllListeners();
    this.owner.onClosed(this);
    handler.onUpgrade(head, socket, rest);
  }

  private readonly onDrain = (): void => {
    this.handler?.onDrain();
  };

  private readonly onEnd = (): void => {
    if (this.handler !== undefined && this.head?.framing.kind === 'close' && this.failure === undefined) {
      this.complete(EMPTY, NO_TRAILERS, undefined);
    }
  };

  private readonly onError = (error: Error): void => {
    this.failure = error;
  };

  private readonly onClose = (): void => {
    this.owner.onClosed(this);
    const cause = this.failure ?? new Error('the connection was closed');
    this.fail(failureKind(cause), cause);
  };

  private fail(kind: UpstreamFailure['kind'], cause: Error): void {
    const { handler } = this;
    this.destroy();
    handler?.onFailure({ kind, sent: this.sent, answered: this.answered, reused: this.requests > 1, cause });
  }
}

/** Whether a head may begin so: nobody waits for the end of what is no HTTP. */
function mayBegin(data: Buffer): boolean {
  const line = data.indexOf(0x0a);
  return (
    'HTTP/1.'.startsWith(data.toString('latin1', 0, Math.min(data.length, 7))) &&
    (line === -1 || data[line - 1] === 0x0d)
  );
}

function lastChunk(trailers: readonly string[]): string {
  let text = '0\r\n';
  for (let i = 0; i + 1 < trailers.length; i += 2)
    text += `${trailers[i] ?? ''}: ${trailers[i + 1] ?? ''}\r\n`;
  return text + CRLF;
}
