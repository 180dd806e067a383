import type { RouterSettings } from '../../core/specs.ts';
import { allowedMethods } from '../decide.ts';
import type { RouteEntry } from '../router.ts';
import { block, comment, token } from './caddyfile-lines.ts';
import { guardsOf } from './carried.ts';
import { addressOfPort, escaped, places } from './routes-config.ts';
import type { RoutePlace } from './routes-config.ts';
import {
  BAD_HOST,
  BAD_TARGET,
  DOT_SEGMENT,
  HOST,
  RECEIVED_HOST,
  RECEIVED_TARGET,
  TARGET,
} from './refusals.ts';
import { idleMs, NOT_FROM_OUTSIDE, TRUSTED } from './server-config.ts';

const MIB = 2 ** 20;
const MB = 1_000_000;
const REQUEST_ID = '^[A-Za-z0-9._-]{1,128}$';

/** What a site does with a request, in order. */
export function routeLines(settings: RouterSettings, entries: readonly RouteEntry[]): readonly string[] {
  const all = places(entries);
  const names = new Names();
  const anybody = all.some(isEverything);
  return block('route', [
    ...comment(
      'How long a client may be silent in the midst of a body. The limit of the server is off: with it Caddy takes what is left of a body for the next request.',
    ),
    ...block('timeouts', [`read_timeout ${idleMs(entries)}ms`]),
    ...withheld(settings),
    `@no-id not header_regexp X-Request-Id ${token(REQUEST_ID)}`,
    'request_header @no-id X-Request-Id {http.request.uuid}',
    `@host not vars_regexp ${RECEIVED_HOST} ${token(HOST)}`,
    ...block('handle @host', [`import problem 400 "Bad Request" request-invalid ${token(BAD_HOST)}`]),
    `@target not vars_regexp ${RECEIVED_TARGET} ${token(TARGET)}`,
    ...block('handle @target', [`import problem 400 "Bad Request" path-invalid ${token(BAD_TARGET)}`]),
    `@dots vars_regexp {http.request.uri} ${token(DOT_SEGMENT)}`,
    'error @dots 400',
    '@reserved path /_faaso /_faaso/*',
    'error @reserved 404',
    '@trace method TRACE',
    'error @trace 405',
    ...all.flatMap((place) => ['', ...placeLines(place, all, names)]),
    ...(anybody ? [] : ['', ...block('handle', ['error 404'])]),
  ]);
}

function isEverything({ host, path }: RoutePlace): boolean {
  return host === undefined && path === '/';
}

/** What only a trusted proxy, or Caddy itself, may say. */
function withheld({ trustedProxies }: RouterSettings): readonly string[] {
  const drop = (name: string, whose = ''): string => `request_header ${whose}-${name}`;
  if (trustedProxies.length === 0) return [...NOT_FROM_OUTSIDE, 'X-Faaso-*'].map((name) => drop(name));
  return [
    `@untrusted not vars ${TRUSTED} true`,
    ...NOT_FROM_OUTSIDE.map((name) => drop(name, '@untrusted ')),
    drop('X-Faaso-*'),
  ];
}

function placeLines(place: RoutePlace, all: readonly RoutePlace[], names: Names): readonly string[] {
  const name = names.of(`${place.host ?? ''}${place.path}`);
  const conditions = [
    ...(place.host === undefined ? [] : [`host ${token(place.host)}`]),
    ...(place.path === '/' ? [] : [pathMatcher(place, all)]),
  ];
  const [one, ...more] = conditions;
  const inner = insides(place, name, names);
  if (one === undefined) return block('handle', inner);
  const matcher = more.length === 0 ? [`@${name} ${one}`] : block(`@${name}`, conditions);
  return [...matcher, ...block(`handle @${name}`, inner)];
}

/** Caddy's own matcher of paths ignores case, decodes, and takes `*` for anything. */
function pathMatcher({ path, host }: RoutePlace, all: readonly RoutePlace[]): string {
  const twin = all.some(
    (other) => other.host === host && other.path !== path && other.path.toLowerCase() === path.toLowerCase(),
  );
  return twin || /[*%]/.test(path)
    ? `vars_regexp {http.request.uri} ${token(`^${escaped(path)}([/?]|$)`)}`
    : `path ${path} ${path}/*`;
}

function insides(place: RoutePlace, name: string, names: Names): readonly string[] {
  const { entries } = place;
  const [first] = entries;
  if (first !== undefined && first.methods === undefined && entries.length === 1) return entryLines(first);
  const lines = entries.flatMap((entry) => {
    if (entry.methods === undefined) return block('handle', entryLines(entry));
    const own = names.of(`${name}-${entry.function}`);
    return [`@${own} method ${entry.methods.join(' ')}`, ...block(`handle @${own}`, entryLines(entry))];
  });
  if (entries.some(({ methods }) => methods === undefined)) return lines;
  return [
    ...lines,
    ...block('handle', [`header Allow ${token(allowedMethods(place.entries))}`, 'error 405']),
  ];
}

/** Caddy sorts the lines of a `handle`: an `error` comes after what asks who calls, and before what proxies. */
function entryLines(entry: RouteEntry): readonly string[] {
  const guards = guardsOf(entry);
  if (guards.length === 0) return servedLines(entry);
  const todo = `${entry.function} was guarded by ${guards.join(', ')}: write what guards it here in the place of the next line.`;
  return [...comment(todo), 'error 403', ...servedLines(entry)];
}

function servedLines(entry: RouteEntry): readonly string[] {
  const { target, function: name } = entry;
  if (target.kind === 'unready')
    return [
      ...comment(
        `${name} was not ready (${target.reason}). Once it runs: import function ADDRESS ${entry.timeoutMs}`,
      ),
      `header Retry-After ${target.retryAfterSeconds}`,
      'error 503',
    ];
  const stripped = entry.stripPrefix && entry.path !== '/';
  return [
    ...comment(name),
    ...(entry.maxBodyBytes > 0 ? block('request_body', [`max_size ${size(entry.maxBodyBytes)}`]) : []),
    ...(stripped
      ? [`uri strip_prefix ${entry.path}`, `request_header X-Forwarded-Prefix ${entry.path}`]
      : []),
    `import function ${addressOfPort(target.port)} ${entry.timeoutMs}`,
  ];
}

/** As `10MiB`, where it is a round number. */
function size(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB}MiB`;
  return bytes % MB === 0 ? `${bytes / MB}MB` : String(bytes);
}

/** Names for matchers, each once. */
class Names {
  readonly #taken = new Set([
    'untrusted',
    'no-id',
    'host',
    'target',
    'dots',
    'reserved',
    'trace',
    'own',
    'secure',
    'refused',
  ]);

  of(text: string): string {
    const plain = text.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'root';
    let name = plain;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${plain}-${count}`;
    this.#taken.add(name);
    return name;
  }
}
