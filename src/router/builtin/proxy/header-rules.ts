import { NameCache } from './name-cache.ts';

/** What becomes of each request header. */
export type HeaderRule =
  | 'pass'
  /** Hop-by-hop (RFC 9110, 7.6.1), or a name that only the router may set. */
  | 'drop'
  | 'connection'
  /** Describes where a request came from: believed from trusted proxies alone. */
  | 'trusted-only'
  /** Set by the router; from a trusted proxy the value is built upon. */
  | 'forwarded-for'
  | 'forwarded-proto'
  | 'forwarded-host'
  | 'forwarded-prefix'
  /** Handled elsewhere: written first, or by the framing. */
  | 'host'
  | 'trailer'
  /** Set by the router, from the client's where that is valid. */
  | 'trace'
  /** Belongs to the client's `traceparent`. */
  | 'trace-state';

const RULES: ReadonlyMap<string, HeaderRule> = new Map<string, HeaderRule>([
  ['connection', 'connection'],
  ['host', 'host'],
  ['trailer', 'trailer'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['proxy-authorization', 'drop'],
  ['te', 'drop'],
  ['transfer-encoding', 'drop'],
  ['upgrade', 'drop'],
  ['http2-settings', 'drop'],
  ['expect', 'drop'],
  ['x-request-id', 'drop'],
  ['traceparent', 'trace'],
  ['tracestate', 'trace-state'],
  ['x-faaso-timeout-ms', 'drop'],
  ['x-forwarded-for', 'forwarded-for'],
  ['x-forwarded-proto', 'forwarded-proto'],
  ['x-forwarded-host', 'forwarded-host'],
  ['x-forwarded-prefix', 'forwarded-prefix'],
  ['forwarded', 'trusted-only'],
  ['x-real-ip', 'trusted-only'],
]);

const rules = new NameCache(find);

export function requestHeaderRule(name: string): HeaderRule {
  return rules.get(name);
}

function find(lower: string): HeaderRule {
  const rule = RULES.get(lower);
  if (rule !== undefined) return rule;
  if (lower.startsWith('x-forwarded-')) return 'trusted-only';
  if (lower.startsWith('x-faaso-')) return 'drop';
  // Servers that hand headers on as variables (CGI, WSGI) read `X_Forwarded_For` as `X-Forwarded-For`.
  if (lower === 'content_length') return 'drop';
  return lower.includes('_') && find(lower.replaceAll('_', '-')) !== 'pass' ? 'drop' : 'pass';
}

/** Whether `Connection` may name this header: never what frames the message or what the router answers for. */
export function mayBeNominated(lower: string): boolean {
  return lower !== 'content-length' && find(lower) === 'pass';
}

/** Trailers come after everything was decided, so what decides is not taken from them (RFC 9110, 6.5.1). */
const NOT_IN_TRAILERS = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'authorization',
  'cookie',
  'set-cookie',
  'host',
  'cache-control',
  'max-forwards',
]);

/** The trailers that may be passed on, of flat pairs. */
export function passableTrailers(pairs: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const name = pairs[i] ?? '';
    const lower = name.toLowerCase();
    if (find(lower) === 'pass' && !NOT_IN_TRAILERS.has(lower)) kept.push(name, pairs[i + 1] ?? '');
  }
  return kept;
}
