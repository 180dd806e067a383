/** What a route says of who may call it, and how often. */
import type {
  Concurrency,
  RateLimit,
  Route,
  RouteAuth,
  RouterLimits,
  RouterSettings,
} from '../core/specs.ts';
import { parsePasswordHash } from '../core/passwords.ts';
import { DEFAULTS } from './defaults.ts';
import type { RawRoute, RawRouter } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

type Protection = Pick<Route, 'auth' | 'concurrency' | 'rateLimit' | 'public' | 'accessLog'>;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** Beyond this a rate is no limit that anybody could notice. */
const LONGEST_PERIOD_MS = 24 * 3_600_000;

/** The keys of a route that protect it; what is not said is left out. Reports what is wrong. `scope` is the route's. */
export function protection(scope: Scope, raw: RawRoute): Protection {
  const auth = raw.auth === undefined ? undefined : routeAuth(scope.in('auth'), raw.auth);
  const concurrency =
    raw.max_concurrency === undefined ? undefined : concurrencyOf(scope, raw.max_concurrency);
  const rateLimit = raw.rate_limit === undefined ? undefined : rateLimitOf(scope, raw.rate_limit);
  if (rateLimit?.by === 'key' && raw.auth === undefined)
    scope.in('rate_limit').error('by', 'by: key counts by the names in auth, and the route has no auth');
  return {
    ...(auth === undefined ? {} : { auth }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(raw.public === false ? { public: false } : {}),
    ...(raw.access_log === undefined ? {} : { accessLog: raw.access_log }),
  };
}

/** The keys of the router that protect it; what is not said is left out. */
export function routerProtection(raw: RawRouter): Pick<RouterSettings, 'accessLog' | 'limits'> {
  const { connections, connections_per_address: perAddress, upload_rate: uploadRate } = raw.limits ?? {};
  const limits: RouterLimits = {
    ...(connections === undefined ? {} : { connections }),
    ...(perAddress === undefined ? {} : { connectionsPerAddress: perAddress }),
    ...(uploadRate === undefined ? {} : { uploadRate }),
  };
  return {
    ...(raw.access_log === undefined ? {} : { accessLog: raw.access_log }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** Keys of a route, as the file names them, that only the builtin router carries. */
export function builtinOnly(route: Route): readonly string[] {
  return [
    ...(route.auth === undefined ? [] : ['auth']),
    ...(route.concurrency === undefined ? [] : ['max_concurrency']),
    ...(route.rateLimit === undefined ? [] : ['rate_limit']),
    ...(route.public === undefined ? [] : ['public']),
    ...(route.accessLog === undefined ? [] : ['access_log']),
  ];
}

/** Keys of `router`, as the file names them, that only the builtin router carries. */
export function builtinOnlySettings({ accessLog, limits }: RouterSettings): readonly string[] {
  return [...(accessLog === undefined ? [] : ['access_log']), ...(limits === undefined ? [] : ['limits'])];
}

function routeAuth(scope: Scope, { keys = {}, basic = {} }: NonNullable<RawRoute['auth']>): RouteAuth {
  if (Object.keys(keys).length + Object.keys(basic).length === 0)
    scope.error(
      undefined,
      'auth names nobody, so nobody could call the route; leave it out to let everybody',
    );
  const owners = new Map<string, string>();
  for (const [name, hash] of Object.entries(keys)) {
    const owner = owners.get(hash.toLowerCase());
    // Nobody could say in whose name such a key calls.
    if (owner !== undefined)
      scope.in('keys').error(name, `the key of ${quoted(name)} is that of ${quoted(owner)} too`);
    owners.set(hash.toLowerCase(), name);
  }
  for (const [name, hash] of Object.entries(basic)) {
    const parsed = parsePasswordHash(hash);
    if (typeof parsed === 'string')
      scope.in('basic').error(name, `the password of ${quoted(name)} ${parsed}`);
  }
  return {
    keys: Object.fromEntries(
      Object.entries(keys).map(([name, hash]) => [name, hash.slice('sha256:'.length).toLowerCase()]),
    ),
    basic: Object.fromEntries(Object.entries(basic)),
  };
}

function concurrencyOf(scope: Scope, raw: NonNullable<RawRoute['max_concurrency']>): Concurrency {
  const { requests, queue, wait } =
    typeof raw === 'number' ? { requests: raw, queue: undefined, wait: undefined } : raw;
  const waitMs = scope
    .in('max_concurrency')
    .duration('wait', wait, DEFAULTS.concurrency.wait, { min: 1, max: 600_000 });
  return { requests, queue: queue ?? DEFAULTS.concurrency.queue, waitMs };
}

function rateLimitOf(scope: Scope, raw: NonNullable<RawRoute['rate_limit']>): RateLimit {
  const { by } = DEFAULTS.rateLimit;
  if (typeof raw === 'string') {
    const [requests = '', unit = ''] = raw.split('/');
    return { requests: Number(requests), perMs: UNITS[unit] ?? 1000, burst: Number(requests), by };
  }
  const bounds = { min: 1, max: LONGEST_PERIOD_MS };
  const perMs = scope.in('rate_limit').duration('per', raw.per, DEFAULTS.rateLimit.per, bounds);
  return { requests: raw.requests, perMs, burst: raw.burst ?? raw.requests, by: raw.by ?? by };
}
