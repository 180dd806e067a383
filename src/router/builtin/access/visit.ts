import type { IncomingMessage } from 'node:http';

import { clientAddress } from '../protect/client-address.ts';
import type { Client } from '../proxy/client.ts';
import type { ProxyCore, ServedRoute } from '../proxy/core.ts';
import { accessLine } from './line.ts';
import type { AccessSink } from './sink.ts';

/** The request that is followed. */
interface Followed {
  readonly core: ProxyCore;
  readonly client: Client;
  readonly req: IncomingMessage;
  readonly requestId: string;
}

/** Follows one request to its end: gives back its turn, and writes its line in the access log. */
export class Visit {
  route: ServedRoute | undefined;
  /** The name in `auth`. */
  caller: string | undefined;
  /** Of the body. */
  bytesIn = 0;
  /** Of the answer's body; of a WebSocket everything after the 101. */
  bytesOut = 0;
  /** The `traceparent` that the function gets. */
  trace: string | undefined;
  /** Gives back the request's turn. */
  leave: (() => void) | undefined;
  private readonly followed: Followed;
  private readonly sink: AccessSink | undefined;
  private readonly began = performance.now();
  private sentAt: number | undefined;
  private upstreamMs: number | undefined;
  private isOver = false;

  /** `sink`: absent where there is no access log. */
  constructor(followed: Followed, sink: AccessSink | undefined) {
    this.followed = followed;
    this.sink = sink;
  }

  /** The request goes to the function. */
  sent(): void {
    this.sentAt ??= performance.now();
  }

  /** The head of the function's answer is here. */
  answered(): void {
    if (this.sentAt !== undefined) this.upstreamMs ??= performance.now() - this.sentAt;
  }

  /** The answer is complete, or will never be. `error`: the code of the router's own answer. Counts once. */
  end(status: number, error?: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.giveUp();
    const { sink, followed } = this;
    const { core, req, client, requestId } = followed;
    if (sink === undefined || !(this.route?.accessLog ?? core.logsByDefault)) return;
    sink.write(
      accessLine({
        requestId,
        req,
        route: this.route,
        client: clientAddress(client.peer, req.headers, core.trust),
        status,
        error,
        bytesIn: this.bytesIn,
        bytesOut: this.bytesOut,
        durationMs: performance.now() - this.began,
        upstreamMs: this.upstreamMs,
        wasAsked: this.sentAt !== undefined,
        trace: this.trace,
        caller: this.caller,
      }),
    );
  }

  /** Gives back the request's turn, where it has one. */
  giveUp(): void {
    const { leave } = this;
    this.leave = undefined;
    leave?.();
  }
}
