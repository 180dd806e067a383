/** What of the router's settings and routes a Caddy without faaso is not told. Pure. */
import type { RouterSettings } from '../../core/specs.ts';
import type { RouteEntry } from '../router.ts';

const GUARDS = {
  auth: 'auth',
  public: 'public: false',
  concurrency: 'max_concurrency',
  rateLimit: 'rate_limit',
} as const;

/** Settings of the router, a sentence each. */
export function settingsLeftBehind({ accessLog, limits }: RouterSettings): readonly string[] {
  return [
    ...(accessLog === undefined
      ? []
      : ['"router.access_log" does not come along: Caddy logs requests where its site says "log".']),
    ...(limits === undefined ? [] : ['"router.limits" does not come along: Caddy has no such limits.']),
  ];
}

/** All of it, a sentence each: of routes what stands between them and their callers, or counts those. */
export function leftBehind(settings: RouterSettings, entries: readonly RouteEntry[]): readonly string[] {
  return [
    ...entries.flatMap((entry) => {
      const place = `${entry.host ?? ''}${entry.path}`;
      const keys = (Object.keys(GUARDS) as (keyof typeof GUARDS)[]).filter((key) => entry[key] !== undefined);
      const guards = keys.map((key) => GUARDS[key]).join(', ');
      return [
        ...(keys.length === 0
          ? []
          : [`${place} is not served: what guards it (${guards}) does not come along.`]),
        ...(entry.accessLog === undefined ? [] : [`"access_log" of ${place} does not come along.`]),
      ];
    }),
    ...settingsLeftBehind(settings),
  ];
}
