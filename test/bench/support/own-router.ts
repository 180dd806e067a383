import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { FunctionName, InstanceId, RoutePath } from '../../../src/core/names.ts';
import type { RouterSettings } from '../../../src/core/specs.ts';
import { startProcess, thisProgram } from '../../../src/router/builtin/adapter/spawn.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import type { RouteEntry, Router } from '../../../src/router/router.ts';
import { builtinOptions, caddyOptions, SETTINGS } from '../../contract/router/bench-options.ts';
import { until } from '../../support/until.ts';
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
  return await serving(bench, router, folder, kind);
}

async function serving(
  bench: Bench,
  router: Router,
  folder: string,
  kind: RouterSettings['kind'],
): Promise<OwnRouter> {
  await router.start({ ...SETTINGS, kind }, { entries: [] });
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
    serve: (entries) => router.setTable({ entries }),
  };
}

/** How late an event loop was. */
interface Lateness {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A builtin router whose data plane says how late its event loop was since it was asked last. */
export async function startWatchedRouter(
  bench: Bench,
): Promise<OwnRouter & { readonly lateness: () => Promise<Lateness> }> {
  const folder = mkdtempSync(join(tmpdir(), 'faaso-bench-'));
  const options = builtinOptions(folder);
  mkdirSync(dirname(options.socketPath), { mode: 0o700 });
  const { socketPath, routesFile, logFile } = options;
  const entryFile = fileURLToPath(new URL('watched-data-plane.ts', import.meta.url));
  const program = { entry: entryFile, execArgv: thisProgram().execArgv };
  const child = await startProcess(program, { socketPath, routesFile, successor: false }, logFile);
  bench.after(async () => void child.kill('SIGKILL'));
  const said = (): string[] =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes('p99Ms'));
  await until('the data plane listens', () => existsSync(socketPath));
  const router = await serving(bench, createBuiltinRouter(options), folder, 'builtin');
  return {
    ...router,
    lateness: async () => {
      const before = said().length;
      child.kill('SIGUSR2');
      await until('the data plane answers', () => said().length > before);
      return JSON.parse(said().at(-1) ?? '') as Lateness;
    },
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
