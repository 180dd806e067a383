import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { instanceId, parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { InstanceId } from '../../../src/core/names.ts';
import type { RouterSettings } from '../../../src/core/specs.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { createCaddyRouter } from '../../../src/router/caddy/caddy.ts';
import { createMemoryRouter } from '../../../src/router/memory.ts';
import type { RouteEntry, Router, RouteTable, RouteTarget } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { builtinOptions, caddyOptions, SETTINGS } from './bench-options.ts';

export type RouterKind = 'memory' | 'builtin' | 'caddy';

/** The routers that the contract holds for. */
export const ROUTER_KINDS: readonly RouterKind[] =
  CADDY_LACKS === '' ? ['memory', 'builtin', 'caddy'] : ['memory', 'builtin'];

/** Those that carry what guards a route; for Caddy the configuration refuses it. */
export const GUARDING_KINDS: readonly RouterKind[] = ['memory', 'builtin'];

describe.skipIf(CADDY_LACKS !== '')(`the caddy router,${CADDY_LACKS}`, () => {
  // Names what is left out where there is no Caddy.
  test('is held to the contract', () => expect(ROUTER_KINDS).toContain('caddy'));
});

/** A router under test, listening on a port of its own. */
export interface Bench {
  readonly kind: RouterKind;
  readonly router: Router;
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  /** Replaces the table. */
  serve(...entries: readonly RouteEntry[]): Promise<void>;
  /** A table for other calls. */
  table(...entries: readonly RouteEntry[]): RouteTable;
  close(): Promise<void>;
}

function createRouter(kind: RouterKind, folder: string): Router {
  if (kind === 'memory') return createMemoryRouter();
  return kind === 'builtin'
    ? createBuiltinRouter(builtinOptions(folder))
    : createCaddyRouter(caddyOptions(folder));
}

/** Starts a router with an empty table. */
export async function startBench(kind: RouterKind, settings: RouterSettings = SETTINGS): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 't-router-'));
  const router = createRouter(kind, folder);
  const table = (...entries: readonly RouteEntry[]): RouteTable => ({ entries });
  await router.start({ ...settings, kind: kind === 'caddy' ? 'caddy' : 'builtin' }, table());
  const url = urlOf(router);
  return {
    kind,
    router,
    folder,
    url,
    port: Number(new URL(url).port),
    table,
    serve: (...entries) => router.setTable(table(...entries)),
    close: async () => {
      await router.setTable(table());
      await router.close('stop');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The address that the router says it serves. */
export function urlOf(router: Router): string {
  const status = router.status();
  if (status.kind !== 'serving') throw new Error(`the router is down: ${status.reason}`);
  return status.url;
}

/** A route to the port of an instance, or to another target. */
export function route(
  path: string,
  to: number | RouteTarget,
  more: Partial<Omit<RouteEntry, 'path' | 'target'>> = {},
): RouteEntry {
  const parsed = parseRoutePath(path);
  // A function is in one place: another path, host or method leads to another function.
  const where = [more.host, path, ...(more.methods ?? [])].join('-').replace(/[^A-Za-z0-9]+/g, '-');
  const name = parseFunctionName(where.replace(/^-|-$/g, '').toLowerCase() || 'root');
  if (!parsed.ok || name === undefined) throw new Error(`bad route ${path}`);
  return {
    path: parsed.path,
    function: name,
    stripPrefix: false,
    timeoutMs: 10_000,
    maxBodyBytes: 10_000_000,
    target: typeof to === 'number' ? { kind: 'instance', instance: newInstance(), port: to } : to,
    ...more,
  };
}

/** An id as an engine would give it. */
export function newInstance(): InstanceId {
  return instanceId(randomBytes(32).toString('hex'));
}
