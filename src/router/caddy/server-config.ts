/** What Caddy is told of the routes. Pure: the same routes give the same JSON, whatever instances serve them. */
import type { RouterSettings } from '../../core/specs.ts';
import type { RouteEntry } from '../router.ts';
import { problemAnswer, problemsByStatus } from './problems.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface ServerOptions {
  /** The `@id` under which everything of ours lies. */
  readonly id: string;
  /** Folder of the files that say where each function is now. No `{` and `}` in it. */
  readonly upstreams: string;
}

/** What an upstream file says of a function that is not ready. */
export const UNREADY = 'unready';
/** Of the file beside it that says after how many seconds a client may try again. */
export const RETRY_SUFFIX = '.retry';
/** Of the file beside it that says why, as the inside of a JSON string. */
export const REASON_SUFFIX = '.reason';

const MAX_HEADER_BYTES = 32_768;
const HEADERS_S = 30;
const KEEP_ALIVE_S = 95;
/**
 * How long a connection to a function stays idle. Short, because {@link Router.drain} waits until none is left to the
 * instance that goes.
 */
export const UPSTREAM_IDLE_S = 2;
/** A change of routes closes no WebSocket and no stream before this (caddy#6420, #7222). */
const STREAM_CLOSE_S = 24 * 3600;
const SECOND = 1_000_000_000;
const MS = 1_000_000;
/** How long a client may be silent in the middle of a body where no route gives it longer. */
const MIN_IDLE_MS = 1000;
const UPSTREAM_CONNECTIONS = 1024;

/** What nobody but a trusted proxy, or the router itself, may say of a request. */
const NOT_FROM_OUTSIDE = ['Forwarded', 'X-Real-Ip'];
/** Hop-by-hop, but passed on by Caddy, and names that only the router sets. */
const NEVER_PASSED = ['Te', 'Proxy-Connection', 'X-Faaso-*'];
const FORWARDED_BY_PROXIES = [
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Forwarded-Prefix',
];

/** The value of one server of Caddy's `http` app. */
export function serverConfig(
  settings: RouterSettings,
  entries: readonly RouteEntry[],
  options: ServerOptions,
): JsonObject {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return {
    '@id': options.id,
    listen: [`${host}:${settings.port}`],
    protocols: ['h1'],
    automatic_https: { disable: true },
    max_header_bytes: MAX_HEADER_BYTES,
    read_header_timeout: HEADERS_S * SECOND,
    idle_timeout: KEEP_ALIVE_S * SECOND,
    // `enable_full_duplex` is left off: with it, and a limit on idle reads, what a client still sends of a body that
    // nobody read is taken for its next request (measured with 2.11.9).
    read_idle_timeout: idleNs(entries),
    write_idle_timeout: idleNs(entries),
    ...(settings.trustedProxies.length === 0
      ? {}
      : {
          trusted_proxies: { source: 'static', ranges: settings.trustedProxies },
          trusted_proxies_strict: 1,
        }),
    routes: [
      ...requestIds(),
      ...refusals(),
      { handle: [{ handler: 'headers', request: { delete: withheld(settings) } }] },
      // Caddy would open a tunnel for any upgrade, even for one that comes with a body.
      {
        match: [{ not: [{ header: { Upgrade: ['websocket'] } }] }],
        handle: [{ handler: 'headers', request: { delete: ['Upgrade', 'Http2-Settings'] } }],
      },
      ...places(entries).flatMap((place) => placeRoutes(place, options)),
      { handle: [problemAnswer('no-route', 'no route leads here')] },
    ],
    errors: { routes: problemsByStatus() },
  };
}

/** The longest timeout of all routes, in ns: Caddy has one for the connections of all clients. */
function idleNs(entries: readonly RouteEntry[]): number {
  return Math.max(MIN_IDLE_MS, ...entries.map(({ timeoutMs }) => timeoutMs)) * MS;
}

function withheld(settings: RouterSettings): readonly string[] {
  const outside = settings.trustedProxies.length === 0 ? [...NOT_FROM_OUTSIDE, ...FORWARDED_BY_PROXIES] : [];
  return [...NEVER_PASSED, ...outside];
}

/** Path and query as they were received: Caddy's own `path` ignores case, decodes and merges slashes. */
const TARGET = '{http.request.uri}';
/** `/_faaso`, however it is written. */
const RESERVED = '/+(?:_|%5[fF])(?:f|%66)(?:a|%61)(?:a|%61)(?:s|%73)(?:o|%6[fF])(?:[/?]|$)';

function onTarget(pattern: string): JsonObject {
  return { vars_regexp: { [TARGET]: { pattern } } };
}

/** What is refused before any route is looked at. */
function refusals(): readonly JsonObject[] {
  return [
    {
      match: [onTarget(String.raw`^[^?]*/(?:\.|%2[eE]){1,2}(?:[/?]|$)`)],
      handle: [problemAnswer('path-invalid', 'the path has a "." or ".." segment')],
      terminal: true,
    },
    {
      match: [onTarget(`^${RESERVED}`)],
      handle: [problemAnswer('no-route', 'no route leads here')],
      terminal: true,
    },
    {
      match: [onTarget('^[^/]')],
      handle: [problemAnswer('path-invalid', 'the request target is neither a path nor an http URL')],
      terminal: true,
    },
  ];
}

/** A request id is kept where it is a plain one, else made. */
function requestIds(): readonly JsonObject[] {
  const plain = { header_regexp: { 'X-Request-Id': { pattern: '^[A-Za-z0-9._-]{1,128}$' } } };
  return [
    {
      match: [{ not: [plain] }],
      handle: [{ handler: 'headers', request: { set: { 'X-Request-Id': ['{http.request.uuid}'] } } }],
    },
  ];
}

/** The routes of one host and path; they differ in their methods. */
interface Place {
  readonly host: string | undefined;
  readonly path: string;
  readonly entries: readonly RouteEntry[];
}

/** A request's own host first, then any host; longer paths first. */
function places(entries: readonly RouteEntry[]): readonly Place[] {
  const found = new Map<string, { host: string | undefined; path: string; entries: RouteEntry[] }>();
  for (const entry of entries) {
    const key = `${entry.host ?? ''} ${entry.path}`;
    const place = found.get(key) ?? { host: entry.host?.toLowerCase(), path: entry.path, entries: [] };
    place.entries.push(entry);
    found.set(key, place);
  }
  const depth = ({ path }: Place): number => (path === '/' ? 0 : path.split('/').length);
  return [...found.values()].sort(
    (a, b) =>
      Number(a.host === undefined) - Number(b.host === undefined) ||
      depth(b) - depth(a) ||
      (`${a.host ?? ''}${a.path}` < `${b.host ?? ''}${b.path}` ? -1 : 1),
  );
}

function placeRoutes(place: Place, options: ServerOptions): readonly JsonObject[] {
  const here: JsonObject = {
    ...(place.host === undefined ? {} : { host: [place.host, `${place.host}.`] }),
    ...(place.path === '/' ? onTarget('^/') : onTarget(`^${escaped(place.path)}(?:[/?]|$)`)),
  };
  const routes = place.entries.flatMap((entry) => entryRoutes(entry, here, options));
  const allow = place.entries.map((entry) => entry.methods?.join(', ') ?? USUAL_METHODS).join(', ');
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
          Allow: [allow],
        }),
      ],
      terminal: true,
    },
  ];
}

const USUAL_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

function entryRoutes(entry: RouteEntry, here: JsonObject, options: ServerOptions): readonly JsonObject[] {
  const match: JsonObject =
    entry.methods === undefined
      ? { ...here, not: [{ method: ['TRACE', 'CONNECT'] }] }
      : { ...here, method: [...entry.methods] };
  const upstream = `{file.${options.upstreams}/${entry.function}}`;
  const unready = problemAnswer(
    'function-not-ready',
    `function "${entry.function}" is not ready: {file.${options.upstreams}/${entry.function}${REASON_SUFFIX}}`,
    {
      'Retry-After': [`{file.${options.upstreams}/${entry.function}${RETRY_SUFFIX}}`],
    },
  );
  return [
    { match: [{ ...match, vars: { [upstream]: [UNREADY] } }], handle: [unready], terminal: true },
    { match: [match], handle: handlers(entry, upstream), terminal: true },
  ];
}

function handlers(entry: RouteEntry, upstream: string): readonly JsonObject[] {
  const stripped = entry.stripPrefix && entry.path !== '/';
  const set = {
    'X-Faaso-Timeout-Ms': [String(entry.timeoutMs)],
    ...(stripped ? { 'X-Forwarded-Prefix': [`{http.request.header.X-Forwarded-Prefix}${entry.path}`] } : {}),
  };
  return [
    { handler: 'vars', faaso_function: entry.function, faaso_timeout: seconds(entry.timeoutMs) },
    ...(entry.maxBodyBytes > 0 ? [{ handler: 'request_body', max_size: entry.maxBodyBytes }] : []),
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
function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
