import type { Socket } from 'node:net';

import { isLoopback } from '../protect/client-address.ts';
import type { Client } from './client.ts';
import type { ProxyCore } from './core.ts';

/** How many are looked at for one that is idle. */
const LOOKED_AT = 1000;

/** The clients that are connected, oldest first, and how many an address has. */
export class Connections {
  readonly all = new Map<Socket, Client>();
  private readonly counts = new Map<string, number>();

  add(client: Client): void {
    this.all.set(client.socket, client);
    this.counts.set(client.peer, (this.counts.get(client.peer) ?? 0) + 1);
  }

  delete(client: Client): void {
    if (!this.all.delete(client.socket)) return;
    const left = (this.counts.get(client.peer) ?? 1) - 1;
    if (left === 0) this.counts.delete(client.peer);
    else this.counts.set(client.peer, left);
  }

  /** Whether a client that was just added may stay. At the limit the one that is idle for longest makes room. */
  hasRoom(client: Client, { limits, trust }: Pick<ProxyCore, 'limits' | 'trust'>): boolean {
    const { connections, connectionsPerAddress } = limits;
    if (connectionsPerAddress > 0 && (this.counts.get(client.peer) ?? 0) > connectionsPerAddress) {
      if (!isLoopback(client.peer) && !client.isTrusted(trust)) return false;
    }
    if (connections === 0 || this.all.size <= connections) return true;
    let looked = 0;
    for (const other of this.all.values()) {
      if (other !== client && other.isIdle) {
        other.socket.destroy();
        return true;
      }
      if (++looked >= LOOKED_AT) break;
    }
    return false;
  }
}
