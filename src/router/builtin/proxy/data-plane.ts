import type { Server as NetServer } from 'node:net';

import type { FunctionName, InstanceId } from '../../../core/names.ts';
import type { RouterSettings } from '../../../core/specs.ts';
import type { RouteEntry, RouteTable } from '../../router.ts';
import { compileRoutes } from '../../table.ts';
import type { AccessSink } from '../access/sink.ts';
import { Guards } from '../protect/guards.ts';
import type { Guard } from '../protect/guards.ts';
import { Passwords } from '../protect/passwords.ts';
import { Connections } from './connections.ts';
import type { ProxyCore, ServedRoute } from './core.ts';
import { Instances } from './instances.ts';
import type { UpstreamInstance } from './instances.ts';
import { limitsOf } from './limits.ts';
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
  private readonly connections = new Connections();
  private readonly guards = new Guards();
  private readonly sink: AccessSink | undefined;
  private readonly listener: Listener;
  private longestTimeoutMs = 0;
  private quiet: StopOptions['quiet'] = 'later';
  private stopped: Promise<void> | undefined;

  /**
   * `onDefect` hears of failures of the router itself; the request in question was answered with 500. `sink`: where the
   * access log goes, where there is one.
   */
  constructor(onDefect: (error: unknown) => void, sink?: AccessSink) {
    this.core = emptyCore(onDefect);
    this.sink = sink;
    this.listener = new Listener(() => createProxyServer(this.core, this.connections));
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
    const entries = this.guards.replace(table.entries, (entry, guard) => this.served(entry, guard));
    const isLogged = this.core.logsByDefault || entries.some((entry) => entry.accessLog === true);
    this.core.access = isLogged ? this.sink : undefined;
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

  /** How long it takes at the longest to stop, in milliseconds. */
  get drainLimitMs(): number {
    return Math.max(SHORTEST_DRAIN_MS, this.longestTimeoutMs) + AFTER_DRAIN_MS;
  }

  /**
   * Stops accepting; resolves when every client has been served or the drain time is over. While it stops `later` it can be
   * told to stop `now`.
   */
  async stop({ quiet }: StopOptions): Promise<void> {
    if (quiet === 'now') {
      this.quiet = 'now';
      this.core.instances.endTunnels();
    }
    this.stopped ??= this.end();
    await this.stopped;
  }

  /** Takes settings and table, and listens where it did. */
  apply(settings: RouterSettings, table: RouteTable): void {
    this.core.trust = trustList(settings.trustedProxies);
    this.core.limits = limitsOf(settings.limits ?? {});
    this.core.logsByDefault = settings.accessLog === true;
    this.setTable(table);
  }

  private async end(): Promise<void> {
    this.core.closing = true;
    this.listener.close();
    const { instances } = this.core;
    const { all } = this.connections;
    const end = performance.now() + this.drainLimitMs;
    let isCut = false;
    const isBusy = (): boolean =>
      this.quiet === 'now' ? instances.isBusy || this.isAwaited() : all.size > 0;
    while (performance.now() < end && isBusy()) {
      if (this.quiet === 'now') this.closeIdleClients();
      if (!isCut && performance.now() >= end - AFTER_DRAIN_MS) {
        isCut = true;
        void instances.drainAll(0);
      }
      await delay(20);
    }
    // What was written a moment ago still has to reach its client.
    if (this.quiet === 'now') await delay(FLUSH_MS);
    for (const client of all) client.socket.destroySoon();
    instances.closeIdle();
  }

  private served(entry: RouteEntry, guard: Guard | undefined): ServedRoute {
    const { target } = entry;
    const instance: UpstreamInstance | undefined =
      target.kind === 'instance' ? this.core.instances.get(target.instance, target.port) : undefined;
    return { ...entry, instance, guard };
  }

  /** Whether any client waits for an answer, be it for its turn. */
  private isAwaited(): boolean {
    for (const client of this.connections.all) if (client.activities.size > 0) return true;
    return false;
  }

  private closeIdleClients(): void {
    for (const client of this.connections.idle) client.socket.destroySoon();
  }
}

/** What the requests of a data plane share before it was given routes. */
export function emptyCore(onDefect: ProxyCore['onDefect']): ProxyCore {
  return {
    matcher: compileRoutes<ServedRoute>([]),
    trust: undefined,
    closing: false,
    limits: limitsOf({}),
    access: undefined,
    logsByDefault: false,
    passwords: new Passwords(),
    instances: new Instances(),
    onDefect,
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
