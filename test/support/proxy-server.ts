import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

import { Connections } from '../../src/router/builtin/proxy/connections.ts';
import type { ProxyCore, ServedRoute } from '../../src/router/builtin/proxy/core.ts';
import { emptyCore } from '../../src/router/builtin/proxy/data-plane.ts';
import { createProxyServer } from '../../src/router/builtin/proxy/server.ts';
import type { RouteEntry } from '../../src/router/router.ts';
import { compileRoutes } from '../../src/router/table.ts';

/** What the requests of one server share, without routes. */
export function proxyCore(): ProxyCore {
  return emptyCore((error) => {
    throw error;
  });
}

/** The server that clients talk to, in this process; it ends with the test. */
export interface ProxyServer {
  readonly port: number;
  readonly core: ProxyCore;
  readonly connections: Connections;
  serve(...entries: readonly RouteEntry[]): void;
}

export async function startProxyServer(
  core: ProxyCore = proxyCore(),
  headersTimeout?: number,
): Promise<ProxyServer> {
  const connections = new Connections();
  const server: Server = createProxyServer(core, connections, headersTimeout);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const client of connections.all) client.socket.destroy();
    server.close();
  });
  const served = (entry: RouteEntry): ServedRoute => {
    const { target } = entry;
    const instance =
      target.kind === 'instance' ? core.instances.get(target.instance, target.port) : undefined;
    return { ...entry, instance, guard: undefined };
  };
  return {
    port: (server.address() as AddressInfo).port,
    core,
    connections,
    serve: (...entries) => {
      core.matcher = compileRoutes(entries.map(served));
    },
  };
}
