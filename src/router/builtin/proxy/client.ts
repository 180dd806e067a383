import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList, Socket } from 'node:net';

import { countedAs } from '../protect/client-address.ts';
import type { Problem } from './problem.ts';

/** What goes on for a client on one connection. */
export interface ClientActivity {
  /** The client has gone: what was done for it ends. */
  onClientGone(): void;
  /** The rest of this request cannot be read. */
  onBroken(req: IncomingMessage, problem: Problem): void;
}

const clients = new WeakMap<Socket, Client>();

/** One connection of a client. */
export class Client {
  readonly socket: Socket;
  /** The client's address; an IPv4 one also when it came over an IPv6 socket. */
  readonly peer: string;
  /** Whose connections count together, see {@link countedAs}. */
  readonly counted: string;
  readonly activities = new Set<ClientActivity>();
  /** Its last answer is given or under way: nothing that it sends counts. */
  isRefused = false;
  /** The newest answer, while it is not written or its request is not read. */
  latest: ServerResponse | undefined;
  /** Called when an answer is over, whether it was written or not. */
  onAnswered: (() => void) | undefined;
  /** Those with which nothing goes on; `undefined` before it is one of the clients of a server. */
  idle: Set<Client> | undefined;
  private readonly family: 'ipv4' | 'ipv6';
  private timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const address = socket.remoteAddress ?? '';
    this.peer = address.startsWith('::ffff:') ? address.slice(7) : address;
    this.counted = countedAs(this.peer);
    this.family = this.peer.includes(':') ? 'ipv6' : 'ipv4';
    clients.set(socket, this);
  }

  static of(socket: Socket): Client | undefined {
    return clients.get(socket);
  }

  /** Whether an answer is under way, so that any other comes behind it. */
  get isAnswering(): boolean {
    return this.latest !== undefined && !this.latest.closed;
  }

  /** Takes note of an answer that is to be given. */
  begin(res: ServerResponse): void {
    this.latest = res;
    this.idle?.delete(this);
    res.on('close', () => {
      // An idle connection holds nothing of what was.
      if (this.latest === res && res.req.complete) this.latest = undefined;
      this.onAnswered?.();
      if (!this.socket.destroyed) this.idle?.add(this);
    });
  }

  /** Does something once all answers are written. */
  afterAnswers(action: () => void): void {
    if (this.isAnswering) this.latest?.once('close', action);
    else action();
  }

  isTrusted(trust: BlockList | undefined): boolean {
    return trust !== undefined && this.peer !== '' && trust.check(this.peer, this.family);
  }

  /** Ends the connection after `ms` unless `done` holds then. The latest call counts. */
  endUnless(done: () => boolean, ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!done()) this.socket.destroy();
    }, ms).unref();
  }

  onClose(): void {
    clearTimeout(this.timer);
    for (const activity of this.activities) activity.onClientGone();
    this.activities.clear();
  }
}
