/** What differs between the routes of two releases, in the words of the files. */
import { canonicalJson } from '../core/hash.ts';
import type { Concurrency, RateLimit, Route, RouteAuth } from '../core/specs.ts';
import type { Change, Reason } from '../core/steps.ts';
import { formatDuration, formatSize } from './units.ts';

/** What changes in a function's routes; `undefined` when nothing does. */
export function routesReason(applied: readonly Route[], desired: readonly Route[]): Reason | undefined {
  const before = new Map(applied.map((route) => [placeOf(route), route]));
  const after = new Map(desired.map((route) => [placeOf(route), route]));
  const added = [...after.keys()].filter((key) => !before.has(key));
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const changed = [...after].flatMap(([key, route]) => {
    const old = before.get(key);
    return old === undefined || canonicalJson(old) === canonicalJson(route)
      ? []
      : [{ route: key, changes: routeChanges(old, route) }];
  });
  if (added.length + removed.length + changed.length === 0) return undefined;
  return { kind: 'routes-changed', added, removed, changed };
}

/** Where a route is, as shown to people: host, path and, when limited, methods. */
export function placeOf(route: Route): string {
  const methods = route.methods === undefined ? '' : ` [${[...route.methods].sort().join(', ')}]`;
  return `${route.host ?? ''}${route.path}${methods}`;
}

function routeChanges(before: Route, after: Route): Change[] {
  const olds = flatten(before);
  const changes: Change[] = Object.entries(flatten(after))
    .filter(([key, to]) => olds[key] !== to)
    .map(([key, to]) => ({ key, from: olds[key] ?? 'none', to }));
  const [old, auth] = [before.auth, after.auth];
  if (canonicalJson(old ?? null) === canonicalJson(auth ?? null)) return changes;
  if (old !== undefined && auth !== undefined) return [...changes, ...authChanges(old, auth)];
  return [...changes, { key: 'auth', from: wanted(old), to: wanted(auth) }];
}

/** Who comes, goes and has another proof; by what proof is nobody's business but the file's. */
function authChanges(before: RouteAuth, after: RouteAuth): Change[] {
  return (['keys', 'basic'] as const).flatMap((kind) => {
    const [old, now] = [before[kind], after[kind]];
    const names = [
      ...Object.keys(now).flatMap((name) => (Object.hasOwn(old, name) ? [] : [`+${name}`])),
      ...Object.keys(old).flatMap((name) => (Object.hasOwn(now, name) ? [] : [`-${name}`])),
      ...Object.keys(now).flatMap((name) =>
        Object.hasOwn(old, name) && old[name] !== now[name] ? [`~${name}`] : [],
      ),
    ];
    return names.length === 0 ? [] : [{ key: `auth ${kind}`, names }];
  });
}

function wanted(auth: Route['auth']): string {
  return auth === undefined ? 'none' : 'wanted';
}

function flatten(route: Route): Record<string, string> {
  return {
    strip_prefix: String(route.stripPrefix),
    timeout: formatDuration(route.timeoutMs),
    max_body: formatSize(route.maxBodyBytes),
    max_concurrency: concurrencyWords(route.concurrency),
    rate_limit: rateWords(route.rateLimit),
    public: String(route.public ?? true),
    access_log: String(route.accessLog ?? "as the router's"),
  };
}

function concurrencyWords(limit: Concurrency | undefined): string {
  if (limit === undefined) return 'none';
  return `${limit.requests} (queue ${limit.queue}, wait ${formatDuration(limit.waitMs)})`;
}

function rateWords(limit: RateLimit | undefined): string {
  if (limit === undefined) return 'none';
  const { requests, perMs, burst, by } = limit;
  const per = { 1000: 's', 60_000: 'm', 3_600_000: 'h' }[perMs] ?? formatDuration(perMs);
  return `${requests}/${per} (burst ${burst}, by ${by})`;
}
