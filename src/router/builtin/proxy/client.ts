import type { BlockList, Socket } from 'node:net';

/** What goes on for a client on one connection. */
export interface ClientActivity {
  /** The client has gone: what was done for it ends. */
  onClientGone(): void;
}

/** One connection of a client. */
export class Client {
  readonly socket: Socket;
  /** The client's address; an IPv4 one also when it came over an IPv6 socket. */
  readonly peer: string;
  readonly activities = new Set<ClientActivity>();
  /** It was told that there is no room; nothing that it sends counts. */
  isRefused = false;
  private readonly family: 'ipv4' | 'ipv6';
  private timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const address = socket.remoteAddress ?? '';
    this.peer = address.startsWith('::ffff:') ? address.slice(7) : address;
    this.family = this.peer.includes(':') ? 'ipv6' : 'ipv4';
  }

  /** Whether nothing was asked, or all that was asked is answered and written. */
  get isIdle(): boolean {
    return this.activities.size === 0 && this.socket.writableLength === 0;
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
