/** What Caddy is told of the routes. Pure: the same routes give the same JSON, whatever instances serve them. */
import type { RouterSettings } from '../../core/specs.ts';
import type { RouteEntry } from '../router.ts';
import { MS, SECOND } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { problemAnswer, problemsByStatus } from './problems.ts';
import { refusals } from './refusals.ts';
import { READABLE_FILE, tableRoutes } from './routes-config.ts';
import { PLAIN_UNLESS_WEBSOCKET, SWITCH, SWITCH_ROUTE } from './upgrades.ts';

export interface ServerOptions {
  /** The `@id` under which everything of ours lies. */
  readonly id: string;
  /** Folder of the files that say where each function is now, without `{` and `}`; absent: it stays where it is. */
  readonly upstreams?: string;
  /** Whether answers under `/_faaso` tell whether Caddy can read that folder. */
  readonly tellsReadable?: boolean;
}

/** `yes` where Caddy can read the upstreams. */
export const READABLE_HEADER = 'x-faaso-upstreams';

const MAX_HEADER_BYTES = 32_768;
const HEADERS_S = 30;
const KEEP_ALIVE_S = 95;
const HTTPS_PORT = 443;
/** How long a client may be silent in the middle of a body where no route gives it longer. */
const MIN_IDLE_MS = 1000;

/** What nobody but a trusted proxy, or the router itself, may say of a request. */
export const NOT_FROM_OUTSIDE = ['Forwarded', 'X-Real-Ip', 'X-Forwarded-*'];
/** Hop-by-hop, but passed on by Caddy, and names that only the router sets. */
const NEVER_PASSED = ['Te', 'Proxy-Connection', 'X-Faaso-*'];
/**
 * What Caddy itself found out of the connection's address: `true` where it is in `trusted_proxies`. A matcher
 * `remote_ip` would answer what a client sends along with its handshake (0-RTT) with an error.
 */
export const TRUSTED = '{http.vars.trusted_proxy}';

/** The value of one server of Caddy's `http` app. */
export function serverConfig(
  settings: RouterSettings,
  entries: readonly RouteEntry[],
  options: ServerOptions,
): JsonObject {
  const idle = idleMs(entries) * MS;
  return {
    '@id': options.id,
    ...listeners(settings, entries),
    max_header_bytes: MAX_HEADER_BYTES,
    read_header_timeout: HEADERS_S * SECOND,
    idle_timeout: KEEP_ALIVE_S * SECOND,
    // The limit on idle reads is a handler's instead. The server's own stands between Go and the body, so that Go does
    // not see that a body was left in its midst or could not be read, and takes what follows for the next request
    // (measured with 2.11.9). For the same reason `enable_full_duplex` is left off.
    read_idle_timeout: -1,
    // Runs from when an answer is to be written, and so while what is left of the body is waited for: it comes later.
    write_idle_timeout: idle + SECOND,
    ...(settings.trustedProxies.length === 0
      ? {}
      : {
          trusted_proxies: { source: 'static', ranges: settings.trustedProxies },
          trusted_proxies_strict: 1,
        }),
    routes: [
      { handle: [{ handler: 'timeouts', read_timeout: idle }] },
      ...requestIds(),
      ...refusals(readable(options)),
      ...toHttps(settings, entries),
      ...withheld(settings),
      PLAIN_UNLESS_WEBSOCKET,
      ...tableRoutes(entries, options.upstreams),
      { handle: [problemAnswer('no-route', 'no route leads here')] },
    ],
    named_routes: { [SWITCH]: SWITCH_ROUTE },
    errors: { routes: [...requestIds(), ...problemsByStatus()] },
  };
}

function listeners({ host, port, https }: RouterSettings, entries: readonly RouteEntry[]): JsonObject {
  const plain = addressOf(host, port);
  if (https === undefined) return { listen: [plain], protocols: ['h1'], automatic_https: { disable: true } };
  return {
    listen: [plain, addressOf(https.host, https.port)],
    protocols: ['h1', 'h2', 'h3'],
    // Caddy gets a certificate for each host that a route names, except for the form with a dot at its end.
    automatic_https: {
      disable_redirects: true,
      skip_certificates: hostsOf(entries).map((name) => `${name}.`),
    },
    tls_connection_policies: [{}],
  };
}

/** What Caddy's other apps are told for certificates, and its `http` app of where it listens. */
export function httpsApps(settings: RouterSettings): {
  readonly http: JsonObject;
  readonly others: JsonObject;
} {
  const { https } = settings;
  if (https === undefined) return { http: {}, others: {} };
  const { issuer: module, email } = https;
  const issuer = { module, ...(module === 'acme' && email !== undefined ? { email } : {}) };
  return {
    http: { http_port: settings.port, https_port: https.port },
    others: {
      tls: { automation: { policies: [{ issuers: [issuer] }] } },
      // The internal authority is not made known to this machine: that is the user's to decide.
      pki: { certificate_authorities: { local: { install_trust: false } } },
    },
  };
}

/** `host:port` as Caddy and URLs write it. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The hosts that routes name, sorted. */
export function hostsOf(entries: readonly RouteEntry[]): readonly string[] {
  return [...new Set(entries.flatMap(({ host }) => (host === undefined ? [] : [host.toLowerCase()])))].sort();
}

/** A host that has a certificate is answered without TLS by where it is to be found. */
function toHttps({ https }: RouterSettings, entries: readonly RouteEntry[]): readonly JsonObject[] {
  const hosts = hostsOf(entries);
  if (https === undefined || hosts.length === 0) return [];
  const port = https.port === HTTPS_PORT ? '' : `:${https.port}`;
  return [
    {
      match: [{ protocol: 'http', host: [...hosts] }],
      handle: [
        {
          handler: 'static_response',
          status_code: 308,
          headers: { Location: [`https://{http.request.host}${port}{http.request.uri}`] },
        },
      ],
      terminal: true,
    },
  ];
}

/** The longest timeout of all routes, in ms: one for the connections of all clients. */
export function idleMs(entries: readonly RouteEntry[]): number {
  return Math.max(MIN_IDLE_MS, ...entries.map(({ timeoutMs }) => timeoutMs));
}

/** What answers under `/_faaso` tell of the upstreams. */
function readable({
  upstreams,
  tellsReadable = false,
}: ServerOptions): Readonly<Record<string, readonly string[]>> {
  return tellsReadable ? { [READABLE_HEADER]: [`{file.${upstreams}/${READABLE_FILE}}`] } : {};
}

/** Told from the connection, not from what is configured: that some are trusted says nothing of the others. */
function withheld({ trustedProxies }: RouterSettings): readonly JsonObject[] {
  const without = (names: readonly string[]): readonly Json[] => [
    { handler: 'headers', request: { delete: names } },
  ];
  if (trustedProxies.length === 0) return [{ handle: without([...NEVER_PASSED, ...NOT_FROM_OUTSIDE]) }];
  return [
    { handle: without(NEVER_PASSED) },
    { match: [{ not: [{ vars: { [TRUSTED]: ['true'] } }] }], handle: without(NOT_FROM_OUTSIDE) },
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
