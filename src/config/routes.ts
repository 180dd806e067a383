import type { Place } from '../core/diagnostics.ts';
import { parseFunctionName, parseRoutePath } from '../core/names.ts';
import type { Route } from '../core/specs.ts';
import { parseHost } from './addresses.ts';
import { DEFAULTS } from './defaults.ts';
import { methodProblem } from './methods.ts';
import { protection } from './protection.ts';
import type { RawProject, RawRoute } from './raw.ts';
import type { Scope } from './scope.ts';
import { placeAt, quoted } from './source.ts';

/** A route and the part of functions.yml that declares it. */
export interface DeclaredRoute {
  readonly route: Route;
  readonly scope: Scope;
}

/** All routes of the file, in its order; those that a problem was reported for are missing. `scope` is that of `routes`. */
export function declaredRoutes(
  scope: Scope,
  routes: NonNullable<RawProject['routes']>,
): readonly DeclaredRoute[] {
  const declared = Object.entries(routes).flatMap(([path, value]) => {
    const here = scope.in(path);
    if (typeof value === 'string') return declaredRoute(here, path, { function: value });
    if (!Array.isArray(value)) return declaredRoute(here, path, value as RawRoute);
    return (value as readonly RawRoute[]).flatMap((raw, index) =>
      declaredRoute(here.in(String(index)), path, raw),
    );
  });
  return declared.map((item) => (bringsHead(item.route, declared) ? withHead(item) : item));
}

/** Whether HEAD comes with GET (RFC 9110, 9.3.2): no other route of that place takes it. */
function bringsHead(route: Route, all: readonly DeclaredRoute[]): boolean {
  if (route.methods?.includes('GET') !== true) return false;
  return !all.some(
    ({ route: other }) => routeName(other) === routeName(route) && other.methods?.includes('HEAD') === true,
  );
}

function withHead({ route, scope }: DeclaredRoute): DeclaredRoute {
  return { route: { ...route, methods: [...(route.methods ?? []), 'HEAD'].toSorted() }, scope };
}

/** Where a route names its function: the short form is the name itself. */
export function targetScope({ scope }: DeclaredRoute, routes: NonNullable<RawProject['routes']>): Scope {
  return typeof routes[scope.path[1] ?? ''] === 'string' ? scope : scope.in('function');
}

/** A route as the user knows it: `example.org/sum`. */
export function routeName(route: Pick<Route, 'host' | 'path'>): string {
  return `${route.host ?? ''}${route.path}`;
}

/** Where the route of that host and path is written, the one with these methods where there are several. */
export function placeOf(routes: readonly DeclaredRoute[], wanted: Route): Place | undefined {
  const places = routes.filter(({ route }) => route.host === wanted.host && route.path === wanted.path);
  const methods = wanted.methods?.join();
  const found = places.find(({ route }) => route.methods?.join() === methods) ?? places[0];
  if (found === undefined) return undefined;
  const at = found.scope.document.key(found.scope.path)();
  return 'source' in at ? placeAt(at.source, at.range) : undefined;
}

function declaredRoute(scope: Scope, path: string, raw: RawRoute): readonly DeclaredRoute[] {
  const parsed = parseRoutePath(path);
  if (!parsed.ok)
    scope.problems.error(scope.document.key(['routes', path]), `route ${quoted(path)}: ${parsed.problem}`);
  const target = parseFunctionName(raw.function);
  const host = raw.host === undefined ? undefined : parseHost(raw.host);
  if (raw.host !== undefined && host !== undefined && 'problem' in host) {
    scope.error('host', `host ${quoted(raw.host)} ${host.problem}`, host.suggestion);
  }
  for (const [index, method] of (raw.methods ?? []).entries()) {
    const wrong = methodProblem(method);
    if (wrong !== undefined) scope.in('methods').error(String(index), wrong.message, wrong.suggestion);
  }
  const timeoutMs = scope.duration('timeout', raw.timeout, DEFAULTS.route.timeout, { min: 1 });
  const maxBodyBytes = scope.size('max_body', raw.max_body, DEFAULTS.route.maxBody, { min: 1 });
  const protecting = protection(scope, raw);
  if (!parsed.ok || target === undefined || (host !== undefined && 'problem' in host)) return [];
  const route: Route = {
    ...(host === undefined ? {} : { host: host.value }),
    path: parsed.path,
    function: target,
    ...(raw.methods === undefined ? {} : { methods: raw.methods.toSorted() }),
    stripPrefix: raw.strip_prefix ?? DEFAULTS.route.stripPrefix,
    timeoutMs,
    maxBodyBytes,
    ...protecting,
  };
  return [{ route, scope }];
}
