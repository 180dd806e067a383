import { isLoopback } from '../protect/client-address.ts';
import type { Client } from './client.ts';
import type { ProxyCore } from './core.ts';

/** So many that have no room may be there at once for their answer: they take files too. */
const MOST_TOLD = 64;

/** The clients that are connected, and how many an address has (of IPv6 a network of 64 bits). */
export class Connections {
  readonly all = new Set<Client>();
  /** Those of which nothing was asked, or all that was asked is answered and written; idle for longest first. */
  readonly idle = new Set<Client>();
  private readonly counts = new Map<string, number>();

  add(client: Client): void {
    this.all.add(client);
    this.idle.add(client);
    client.idle = this.idle;
    this.counts.set(client.counted, (this.counts.get(client.counted) ?? 0) + 1);
  }

  delete(client: Client): void {
    this.idle.delete(client);
    if (!this.all.delete(client)) return;
    const left = (this.counts.get(client.counted) ?? 1) - 1;
    if (left === 0) this.counts.delete(client.counted);
    else this.counts.set(client.counted, left);
  }

  /**
   * Whether a client that was just added may stay. At the limit the one that is idle for longest makes room. One that may
   * not stay is `told` so, unless many are being told already.
   */
  place(client: Client, { limits, trust }: Pick<ProxyCore, 'limits' | 'trust'>): 'stays' | 'told' | 'goes' {
    const { connections, connectionsPerAddress } = limits;
    const isMany =
      connectionsPerAddress > 0 && (this.counts.get(client.counted) ?? 0) > connectionsPerAddress;
    const isRefused = isMany && !isLoopback(client.peer) && !client.isTrusted(trust);
    if (!isRefused && (connections === 0 || this.all.size <= connections || this.makeRoom(client)))
      return 'stays';
    // It makes room for nobody.
    this.idle.delete(client);
    return connections === 0 || this.all.size <= connections + MOST_TOLD ? 'told' : 'goes';
  }

  private makeRoom(newest: Client): boolean {
    const [longest] = this.idle;
    if (longest === undefined || longest === newest) return false;
    // Its close comes later; the next client must not find it again.
    this.delete(longest);
    longest.socket.destroy();
    return true;
  }
}
