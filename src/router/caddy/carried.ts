import type { RouteEntry } from '../router.ts';

/** `lost`, `guards`: what the key is called in functions.yml. */
type Fate = 'carried' | { readonly lost: string } | { readonly guards: string };

/**
 * What becomes of each key of a route. A new key does not compile before somebody has said here whether Caddy carries it,
 * so that no route is served without what protects it.
 */
const FATES: Readonly<Record<keyof RouteEntry, Fate>> = {
  host: 'carried',
  path: 'carried',
  function: 'carried',
  methods: 'carried',
  stripPrefix: 'carried',
  timeoutMs: 'carried',
  maxBodyBytes: 'carried',
  target: 'carried',
  accessLog: { lost: 'access_log' },
  auth: { guards: 'auth' },
  public: { guards: 'public' },
  concurrency: { guards: 'max_concurrency' },
  rateLimit: { guards: 'rate_limit' },
};

/** Keys of functions.yml that stand between callers and the route, and that Caddy does not have. */
export function guardsOf(entry: RouteEntry): readonly string[] {
  return fatesOf(entry).flatMap((fate) =>
    typeof fate === 'object' && 'guards' in fate ? [fate.guards] : [],
  );
}

/** Keys of functions.yml that some route has, and without which it is served all the same. */
export function lostKeys(entries: readonly RouteEntry[]): readonly string[] {
  const fates = entries.flatMap(fatesOf);
  return [
    ...new Set(fates.flatMap((fate) => (typeof fate === 'object' && 'lost' in fate ? [fate.lost] : []))),
  ].sort();
}

/**
 * Whether the route is for some callers alone. One that is limited in other ways is served by a Caddy that faaso feeds:
 * a release of before may come back with its limits, and must not be away because of them.
 */
export function isForSome({ auth, public: isPublic }: RouteEntry): boolean {
  return auth !== undefined || isPublic !== undefined;
}

/** A key that a newer faaso has written may be a guard. */
function fatesOf(entry: RouteEntry): readonly Fate[] {
  return Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => (key in FATES ? FATES[key as keyof RouteEntry] : { guards: key }));
}
