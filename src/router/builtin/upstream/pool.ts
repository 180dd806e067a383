import { UpstreamConnection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';

/** More idle connections than this are closed. */
const MAX_IDLE = 256;
/**
 * How long a connection stays idle when the function names no limit: below the shortest default that is common
 * (gunicorn's 2 s), because a request sent just when the other side closes is lost.
 */
const IDLE_MS = 1500;
const LONGEST_IDLE_MS = 60_000;
/** How long a function that ended an idle connection is expected to do so again. */
const FICKLE_MS = 60_000;

/** Kept-alive connections to one instance: as many stay idle as were in use, newest first. */
export class Pool implements ConnectionOwner {
  private readonly port: number;
  private readonly idle: UpstreamConnection[] = [];
  private closed = false;
  /** The function ended an idle connection not long ago, without having said when it would. */
  private fickleUntil = 0;

  constructor(port: number) {
    this.port = port;
  }

  /**
   * An idle connection, or a new one; `fresh` asks for a new one. `once`: the request cannot be sent again, so that it
   * is worth a look whether the function has ended the connection a moment ago.
   */
  take(fresh: boolean, once: boolean): UpstreamConnection {
    while (!fresh) {
      const connection = this.idle.pop();
      if (connection === undefined) break;
      const now = performance.now();
      const { usable } = connection;
      if (!usable) this.fickleUntil = now + FICKLE_MS;
      if (usable && now < expiry(connection) && (!once || now >= this.fickleUntil || connection.quiet)) {
        return connection;
      }
      connection.destroy();
    }
    return new UpstreamConnection(this.port, this);
  }

  /** Closes what was idle for too long. */
  sweep(now: number): void {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const connection = this.idle[i];
      if (connection === undefined || now < expiry(connection)) continue;
      this.idle.splice(i, 1);
      connection.destroy();
    }
  }

  get idleCount(): number {
    return this.idle.length;
  }

  /** Closes the idle connections; those in use close when their request is done. */
  close(): void {
    this.closed = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  onIdle(connection: UpstreamConnection): void {
    if (this.closed || this.idle.length >= MAX_IDLE) {
      connection.destroy();
      return;
    }
    connection.idleSince = performance.now();
    this.idle.push(connection);
  }

  onClosed(connection: UpstreamConnection): void {
    const index = this.idle.indexOf(connection);
    if (index === -1) return;
    this.idle.splice(index, 1);
    this.fickleUntil = performance.now() + FICKLE_MS;
  }
}

/** A second of the function's own limit is left for a request that is under way. */
function expiry(connection: UpstreamConnection): number {
  const own = connection.keepAliveMs;
  const limit = own === undefined ? IDLE_MS : Math.min(Math.max(own - 1000, own / 2), LONGEST_IDLE_MS);
  return connection.idleSince + limit;
}
