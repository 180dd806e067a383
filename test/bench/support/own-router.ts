import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FunctionName, InstanceId, RoutePath } from '../../../src/core/names.ts';
import type { RouterSettings } from '../../../src/core/specs.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import type { RouteEntry, Router } from '../../../src/router/router.ts';
import { builtinOptions, caddyOptions, SETTINGS } from '../../contract/router/bench-options.ts';
import type { Bench } from './bench.ts';
import { caddyProgram } from './caddy.ts';

/** A router without functions: its routes lead to servers of this process. */
export interface OwnRouter {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly router: Router;
  serve(entries: readonly RouteEntry[]): Promise<void>;
}

export async function startRouter(bench: Bench, kind: RouterSettings['kind']): Promise<OwnRouter> {
  const folder = mkdtempSync(join(tmpdir(), 'faaso-bench-'));
  const router =
    kind === 'builtin'
      ? createBuiltinRouter(builtinOptions(folder))
      : createCaddyRouter({ ...caddyOptions(folder), binary: await caddyProgram(bench) });
  let generation = 0;
  await router.start({ ...SETTINGS, kind }, { generation, entries: [] });
  bench.after(async () => {
    await router.close('stop');
    rmSync(folder, { recursive: true, force: true });
  });
  const status = router.status();
  if (status.kind !== 'serving') throw new Error(`the router is down: ${status.reason}`);
  return {
    url: status.url,
    port: Number(new URL(status.url).port),
    pid: status.pid,
    router,
    serve: (entries) => router.setTable({ generation: ++generation, entries }),
  };
}

/** A server of this process that stands for a function. */
export async function startServer(
  bench: Bench,
  listener: RequestListener,
): Promise<{ port: number; server: Server }> {
  const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve()));
  bench.after(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { port: (server.address() as AddressInfo).port, server };
}

/** A route of a function named `name` at `path` to a port. */
export function entry(path: string, name: string, port: number, more: Partial<RouteEntry> = {}): RouteEntry {
  return {
    path: path as RoutePath,
    function: name as FunctionName,
    stripPrefix: true,
    timeoutMs: 60_000,
    maxBodyBytes: 10_000_000,
    target: { kind: 'instance', instance: `${port}`.padStart(64, '0') as InstanceId, port },
    ...more,
  };
}
