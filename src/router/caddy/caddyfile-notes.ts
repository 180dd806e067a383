import type { RouterSettings } from '../../core/specs.ts';
import type { RouteEntry } from '../router.ts';
import { comment } from './caddyfile-lines.ts';

/**
 * What becomes of each key of a route. A new key does not compile before somebody has said here whether Caddy carries it,
 * so that no route leaves faaso without what protects it and nobody is told.
 */
const CARRIED: Readonly<Record<keyof RouteEntry, 'carried' | 'lost' | 'guards'>> = {
  host: 'carried',
  path: 'carried',
  function: 'carried',
  methods: 'carried',
  stripPrefix: 'carried',
  timeoutMs: 'carried',
  maxBodyBytes: 'carried',
  target: 'carried',
  accessLog: 'lost',
  // Caddy would serve the route to more than may call it, or more often: it is left out.
  auth: 'guards',
  public: 'guards',
  concurrency: 'guards',
  rateLimit: 'guards',
};

/** What stands at the head of the Caddyfile: how to use it, and what does not come along. */
export function notes(
  project: string,
  settings: RouterSettings,
  entries: readonly RouteEntry[],
): readonly string[] {
  const items = [
    "An address is where a function's container is now. faaso moves a function with each release and each repair, " +
      'so write this anew until you leave; then nobody restarts a container. "faaso build NAME" prints how its ' +
      'image runs without faaso.',
    `Only one of both can listen on ${settings.host}:${settings.port}. "faaso down" ends faaso's router and removes its containers.`,
    'A request that comes while a function is away gets a 502; nothing waits for it.',
    'The timeout counts to the first byte of an answer; a pause in the rest of it has no limit.',
    'Paths are compared without regard to case, and decoded; slashes that follow each other count as one.',
    ...(settings.https === undefined
      ? [
          `For certificates put the names of your hosts in the place of http://:${settings.port}, and take out "auto_https off" and "protocols h1".`,
        ]
      : []),
    ...lostKeys(entries).map((key) => `"${key}" of a route is left out: Caddy has nothing like it.`),
    ...entries
      .filter(isGuarded)
      .map(
        ({ host = '', path }) => `${host}${path} is left out: Caddy would serve it without what guards it.`,
      ),
  ];
  return [
    ...comment(
      `The routes of ${project}, as faaso served them (faaso export caddy). Needs Caddy 2.11.5 or later:`,
    ),
    '#   caddy run --config Caddyfile',
    '#',
    ...comment('What is not as with faaso:'),
    ...items.flatMap((item) => comment(item, '- ')),
  ];
}

/** Whether something stands between callers and the route that Caddy does not have. */
export function isGuarded(entry: RouteEntry): boolean {
  return Object.entries(entry).some(
    ([key, value]) => value !== undefined && CARRIED[key as keyof RouteEntry] === 'guards',
  );
}

/** With those that a newer faaso may have written. */
function lostKeys(entries: readonly RouteEntry[]): readonly string[] {
  const keys = new Set(entries.flatMap((entry) => Object.keys(entry)));
  return [...keys].filter((key) => !(key in CARRIED) || CARRIED[key as keyof RouteEntry] === 'lost').sort();
}
