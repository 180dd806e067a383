/** What a request is for: the parts of its target (RFC 9112, 3.2), checked. */
export interface RequestTarget {
  /** Host with port, as received; empty when the client named none. */
  readonly authority: string;
  /** As received; starts with `/`. */
  readonly path: string;
  /** With its `?`, as received; empty when there is none. */
  readonly query: string;
}

export type ParsedTarget =
  { readonly ok: true; readonly target: RequestTarget } | { readonly ok: false; readonly problem: string };

const ABSOLUTE = /^https?:\/\/([^/?]+)([/?].*)?$/i;
/** A name or an address with an optional port (RFC 3986, 3.2), without a comma: lists are made of repeated headers. */
const AUTHORITY = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[2-9a-f][\da-f])+)(?::(\d*))?$/i;
const MAX_PORT = 65_535;
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Parses the target of any method but CONNECT. The absolute form is routed by its host and path like any other
 * request, and never dialled.
 */
export function parseTarget(url: string, hostHeader: string | undefined): ParsedTarget {
  let authority = hostHeader ?? '';
  let rest = url;
  if (!url.startsWith('/')) {
    const absolute = ABSOLUTE.exec(url);
    if (absolute === null)
      return { ok: false, problem: 'the request target is neither a path nor an http URL' };
    authority = absolute[1] ?? '';
    if (!isAuthority(authority)) return { ok: false, problem: 'the request target names no valid host' };
    const tail = absolute[2] ?? '/';
    rest = tail.startsWith('?') ? `/${tail}` : tail;
  }
  if (rest.includes('#')) return { ok: false, problem: 'the request target has a fragment' };
  const question = rest.indexOf('?');
  const path = question === -1 ? rest : rest.slice(0, question);
  if ((path.includes('/.') || path.includes('%2')) && DOT_SEGMENT.test(path)) {
    return { ok: false, problem: 'the path has a "." or ".." segment' };
  }
  // Readers of URLs take it for a slash: they would see segments that nothing was routed by.
  if (path.includes('\\')) return { ok: false, problem: 'the path has a backslash' };
  return { ok: true, target: { authority, path, query: question === -1 ? '' : rest.slice(question) } };
}

/** Whether a text is what `Host` may say when it is not empty. */
export function isAuthority(text: string): boolean {
  const found = AUTHORITY.exec(text);
  return found !== null && Number(found[1] ?? 0) <= MAX_PORT;
}

/** Whether a path leads into `/_faaso`, however it is written: those paths are for probes from inside. */
export function isReserved(path: string): boolean {
  // The letters may be percent-encoded, so only what is impossible is sorted out early.
  const second = path.charCodeAt(1);
  if (second !== 0x5f && second !== 0x25 && second !== 0x2f) return false;
  const [first = ''] = path.replace(/^\/+/, '').split('/', 1);
  return decoded(first) === '_faaso';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The path that the function sees. */
export function upstreamPath(path: string, prefix: string, stripPrefix: boolean): string {
  if (!stripPrefix || prefix === '/') return path;
  const rest = path.slice(prefix.length);
  return rest === '' ? '/' : rest;
}
