import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { AddressInfo, ListenOptions } from 'node:net';

/** An address to listen on. `port` 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Clients that wait to be accepted at once; the kernel's `somaxconn` limits it further. */
const BACKLOG = 4096;

/** Where the data plane listens: it can move, and it can be handed to another process. */
export class Listener {
  private readonly create: () => Server;
  private current: { readonly server: Server; readonly asked: ListenAddress } | undefined;

  /** `create` makes a server that does not listen yet: Node's can listen only once. */
  constructor(create: () => Server) {
    this.create = create;
  }

  /** Listens on the address; the old one is closed once the new one is open. Rejects with the system's error. */
  async listen(asked: ListenAddress): Promise<void> {
    const before = this.current;
    if (before !== undefined && this.serves(before.asked, asked)) return;
    await this.open({ host: asked.host, port: asked.port, backlog: BACKLOG }, asked);
    if (before !== undefined) stopAccepting(before.server);
  }

  /** Goes on with a socket that another process opened. */
  async adopt(socket: NetServer, asked: ListenAddress): Promise<void> {
    await this.open(socket, asked);
  }

  /** The listening socket, and what it was opened for. */
  get listening(): { readonly socket: NetServer; readonly asked: ListenAddress } | undefined {
    return this.current === undefined
      ? undefined
      : { socket: this.current.server, asked: this.current.asked };
  }

  close(): void {
    if (this.current !== undefined) stopAccepting(this.current.server);
    this.current = undefined;
  }

  /** The real address. */
  address(): ListenAddress {
    const address = this.current?.server.address() as AddressInfo | null | undefined;
    if (address === null || address === undefined) throw new Error('the listener is closed');
    return { host: address.address, port: address.port };
  }

  private async open(on: ListenOptions | NetServer, asked: ListenAddress): Promise<void> {
    const server = this.create();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(on, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.current = { server, asked };
  }

  /** Port 0 is content with whatever port the same host has now. */
  private serves(now: ListenAddress, asked: ListenAddress): boolean {
    return (
      now.host === asked.host &&
      (asked.port === now.port || asked.port === 0 || asked.port === this.address().port)
    );
  }
}

/** Node's HTTP server would also close idle connections, on which a request may be under way. */
function stopAccepting(server: Server): void {
  NetServer.prototype.close.call(server);
}
