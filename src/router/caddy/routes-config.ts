/** What Caddy is told of each route. */
import { allowedMethods } from '../decide.ts';
import type { RouteEntry } from '../router.ts';
import { guardsOf, isForSome } from './carried.ts';
import { MS, onTarget, RESERVED, SECOND } from './json.ts';
import type { JsonObject } from './json.ts';
import { problemAnswer } from './problems.ts';
import { SWITCH } from './upgrades.ts';

/** What an upstream file says of a function that is not ready. */
export const UNREADY = 'unready';
/** A file that says `yes`, named as no function can be. */
export const READABLE_FILE = '.readable';
/** Of the file beside it that says after how many seconds a client may try again. */
export const RETRY_SUFFIX = '.retry';
/** Of the file beside it that says why, as the inside of a JSON string. */
export const REASON_SUFFIX = '.reason';

/**
 * How long a connection to a function stays idle. Short, because {@link Router.drain} waits until none is left to the
 * instance that goes.
 */
const UPSTREAM_IDLE_S = 2;
/** A change of routes closes no WebSocket and no stream before this (caddy#6420, #7222). */
const STREAM_CLOSE_S = 24 * 3600;
const UPSTREAM_CONNECTIONS = 1024;

/**
 * The routes of all places, in the order in which they are asked. `upstreams`: the folder of {@link Upstreams}; absent:
 * functions stay where they are now.
 */
export function tableRoutes(
  entries: readonly RouteEntry[],
  upstreams: string | undefined,
): readonly JsonObject[] {
  return places(entries).flatMap((place) => placeRoutes(place, upstreams));
}

/** The routes of one host and path; they differ in their methods. */
export interface RoutePlace {
  readonly host: string | undefined;
  readonly path: string;
  readonly entries: readonly RouteEntry[];
}

/** A request's own host first, then any host; longer paths first. */
export function places(entries: readonly RouteEntry[]): readonly RoutePlace[] {
  const found = new Map<string, { host: string | undefined; path: string; entries: RouteEntry[] }>();
  for (const entry of entries) {
    const key = `${entry.host ?? ''} ${entry.path}`;
    const place = found.get(key) ?? { host: entry.host?.toLowerCase(), path: entry.path, entries: [] };
    place.entries.push(entry);
    found.set(key, place);
  }
  const depth = ({ path }: RoutePlace): number => (path === '/' ? 0 : path.split('/').length);
  return [...found.values()].sort(
    (a, b) =>
      Number(a.host === undefined) - Number(b.host === undefined) ||
      depth(b) - depth(a) ||
      (`${a.host ?? ''}${a.path}` < `${b.host ?? ''}${b.path}` ? -1 : 1),
  );
}

function placeRoutes(place: RoutePlace, upstreams: string | undefined): readonly JsonObject[] {
  const here: JsonObject = {
    ...(place.host === undefined ? {} : { host: [place.host, `${place.host}.`] }),
    ...(place.path === '/' ? onTarget('^/') : onTarget(`^${escaped(place.path)}(?:[/?]|$)`)),
  };
  const routes = place.entries.flatMap((entry) => entryRoutes(entry, here, upstreams));
  const strips = place.path !== '/' && place.entries.some((entry) => entry.stripPrefix);
  return [
    // What is reserved must not be reached by what is left of a path either.
    ...(strips
      ? [
          {
            match: [{ ...here, ...onTarget(`^${escaped(place.path)}${RESERVED}`) }],
            handle: [problemAnswer('no-route', 'no route leads here')],
            terminal: true,
          },
        ]
      : []),
    ...routes,
    {
      match: [here],
      handle: [
        problemAnswer('method-not-allowed', `${place.path} does not take {http.request.method}`, {
          Allow: [allowedMethods(place.entries)],
        }),
      ],
      terminal: true,
    },
  ];
}

function entryRoutes(
  entry: RouteEntry,
  here: JsonObject,
  upstreams: string | undefined,
): readonly JsonObject[] {
  const match: JsonObject =
    entry.methods === undefined
      ? { ...here, not: [{ method: ['TRACE', 'CONNECT'] }] }
      : { ...here, method: [...entry.methods] };
  if (upstreams === undefined) {
    // The first handler answers; in its place belongs what guards the route there.
    const guard = guardsOf(entry).length === 0 ? [] : [guarded()];
    return [{ match: [match], handle: [...guard, ...fixed(entry)], terminal: true }];
  }
  // A label or a release of before may ask for what the files of a project with Caddy may not.
  if (isForSome(entry)) return [{ match: [match], handle: [guarded()], terminal: true }];
  const upstream = `{file.${upstreams}/${entry.function}}`;
  const unready = problemAnswer(
    'function-not-ready',
    `function "${entry.function}" is not ready: {file.${upstreams}/${entry.function}${REASON_SUFFIX}}`,
    {
      'Retry-After': [`{file.${upstreams}/${entry.function}${RETRY_SUFFIX}}`],
    },
  );
  return [
    { match: [{ ...match, vars: { [upstream]: [UNREADY] } }], handle: [unready], terminal: true },
    { match: [match], handle: handlers(entry, upstream), terminal: true },
  ];
}

/** Caddy lets nobody through where it cannot tell who may call. */
function guarded(): JsonObject {
  return problemAnswer('route-guarded', 'what guards this route is not here');
}

/** Without faaso nobody says where the function goes, or that it is ready again. */
function fixed({ target, ...route }: RouteEntry): readonly JsonObject[] {
  if (target.kind === 'instance') return handlers({ ...route, target }, addressOfPort(target.port));
  const detail = `function "${route.function}" is not ready`;
  return [problemAnswer('function-not-ready', detail, { 'Retry-After': [String(target.retryAfterSeconds)] })];
}

/** Of an instance. */
export function addressOfPort(port: number): string {
  return `127.0.0.1:${port}`;
}

function handlers(entry: RouteEntry, upstream: string): readonly JsonObject[] {
  const stripped = entry.stripPrefix && entry.path !== '/';
  const set = {
    'X-Faaso-Timeout-Ms': [String(entry.timeoutMs)],
    ...(stripped ? { 'X-Forwarded-Prefix': [`{http.request.header.X-Forwarded-Prefix}${entry.path}`] } : {}),
  };
  return [
    { handler: 'vars', faaso_function: entry.function, faaso_timeout: seconds(entry.timeoutMs) },
    { handler: 'request_body', max_size: entry.maxBodyBytes },
    {
      handler: 'headers',
      request: { replace: { 'X-Forwarded-Prefix': [{ search_regexp: '/+$', replace: '' }] } },
    },
    { handler: 'headers', request: { set } },
    // Not `strip_path_prefix`, which merges slashes in what is left.
    ...(stripped
      ? [
          {
            handler: 'rewrite',
            path_regexp: [
              { find: `^${escaped(entry.path)}$`, replace: '/' },
              { find: `^${escaped(entry.path)}/`, replace: '/' },
            ],
          },
        ]
      : []),
    {
      handler: 'reverse_proxy',
      upstreams: [{ dial: upstream }],
      // Added by Caddy; the built-in router tells nobody that it is there either.
      headers: { request: { delete: ['Via'] }, response: { delete: ['Via', 'Proxy-Connection', 'Upgrade'] } },
      handle_response: [
        { match: { status_code: [101] }, routes: [{ handle: [{ handler: 'invoke', name: SWITCH }] }] },
      ],
      flush_interval: -1,
      stream_close_delay: STREAM_CLOSE_S * SECOND,
      transport: {
        protocol: 'http',
        versions: ['1.1'],
        compression: false,
        response_header_timeout: entry.timeoutMs * MS,
        max_response_header_size: 65_536,
        keep_alive: {
          enabled: true,
          idle_timeout: UPSTREAM_IDLE_S * SECOND,
          max_idle_conns_per_host: UPSTREAM_CONNECTIONS,
        },
      },
    },
  ];
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

/** Text as a regular expression that matches it alone (RE2). */
export function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
