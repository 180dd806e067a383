import type { Server as NetServer, Socket } from 'node:net';

import type { FunctionName, InstanceId } from '../../../core/names.ts';
import type { RouterSettings } from '../../../core/specs.ts';
import type { RouteEntry, RouteTable } from '../../router.ts';
import { compileRoutes } from '../../table.ts';
import type { Client } from './client.ts';
import type { ProxyCore, ServedRoute } from './core.ts';
import { Instances } from './instances.ts';
import type { UpstreamInstance } from './instances.ts';
import { Listener } from './listener.ts';
import type { ListenAddress } from './listener.ts';
import { createProxyServer } from './server.ts';
import { trustList } from './trust.ts';

/** The least time that requests in flight get to finish. */
const SHORTEST_DRAIN_MS = 30_000;
/** Requests that the deadline ended get this long to write their last bytes. */
const AFTER_DRAIN_MS = 1500;
const FLUSH_MS = 100;

/** How the data plane ends. */
export interface StopOptions {
  /** `now`: idle clients are let go and WebSockets get 1001 at once; `later`: when the drain time is over. */
  readonly quiet: 'now' | 'later';
}

/** All that carries traffic, in whatever process it runs. */
export class DataPlane {
  private readonly core: ProxyCore;
  private readonly clients = new Map<Socket, Client>();
  private readonly listener: Listener;
  private longestTimeoutMs = 0;

  /** `onDefect` hears of failures of the router itself; the request in question was answered with 500. */
  constructor(onDefect: (error: unknown) => void) {
    const instances = new Instances();
    this.core = {
      matcher: compileRoutes<ServedRoute>([]),
      trust: undefined,
      closing: false,
      instances,
      onDefect,
    };
    this.listener = new Listener(() => createProxyServer(this.core, this.clients));
  }

  /** Takes settings and table; resolves with the real URL. Rejects with the system's error when it cannot listen. */
  async configure(settings: RouterSettings, table: RouteTable): Promise<string> {
    this.apply(settings, table);
    await this.listener.listen({ host: settings.host, port: settings.port });
    return this.url();
  }

  /** {@link configure} with a socket that listens already; `asked` is what it was opened for. */
  async adopt(
    settings: RouterSettings,
    table: RouteTable,
    socket: NetServer,
    asked: ListenAddress,
  ): Promise<void> {
    this.apply(settings, table);
    await this.listener.adopt(socket, asked);
  }

  setTable(table: RouteTable): void {
    this.longestTimeoutMs = Math.max(0, ...table.entries.map((entry) => entry.timeoutMs));
    const entries = table.entries.map((entry) => this.served(entry));
    this.core.matcher = compileRoutes(entries);
    this.core.instances.retain(new Set(entries.flatMap((entry) => entry.instance ?? [])));
  }

  /** See {@link Router.drain}. */
  async drain(instance: InstanceId, deadlineMs: number): Promise<void> {
    await this.core.instances.drain(instance, deadlineMs);
  }

  inFlight(): Record<FunctionName, number> {
    return this.core.instances.count();
  }

  inFlightByInstance(): Record<string, number> {
    return this.core.instances.countByInstance();
  }

  /** The listening socket, and what it was opened for; `undefined` while there is none. */
  get listening(): { readonly socket: NetServer; readonly asked: ListenAddress } | undefined {
    return this.listener.listening;
  }

  url(): string {
    const { host, port } = this.listener.address();
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** Stops accepting; resolves when every client has been served or the drain time is over. */
  async stop({ quiet }: StopOptions): Promise<void> {
    this.core.closing = true;
    this.listener.close();
    if (quiet === 'now') this.core.instances.endTunnels();
    const limit = Math.max(SHORTEST_DRAIN_MS, this.longestTimeoutMs);
    const drained = this.core.instances.drainAll(limit);
    const end = performance.now() + limit + AFTER_DRAIN_MS;
    let inFlight = true;
    void drained.then(() => (inFlight = false));
    while (performance.now() < end && (quiet === 'now' ? inFlight : this.clients.size > 0)) {
      if (quiet === 'now') this.closeIdleClients();
      await delay(20);
    }
    // What was written a moment ago still has to reach its client.
    if (quiet === 'now') await delay(FLUSH_MS);
    for (const client of this.clients.values()) client.socket.destroySoon();
    this.core.instances.closeIdle();
  }

  private apply(settings: RouterSettings, table: RouteTable): void {
    this.core.trust = trustList(settings.trustedProxies);
    this.setTable(table);
  }

  private served(entry: RouteEntry): ServedRoute {
    const { target } = entry;
    const instance: UpstreamInstance | undefined =
      target.kind === 'instance' ? this.core.instances.get(target.instance, target.port) : undefined;
    return { ...entry, instance };
  }

  private closeIdleClients(): void {
    for (const client of this.clients.values()) if (client.isIdle) client.socket.destroySoon();
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
