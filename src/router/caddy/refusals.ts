/** What is refused before any route is looked at: what Go reads, and a function might read in another way. */
import { onTarget, RESERVED } from './json.ts';
import type { JsonObject } from './json.ts';
import { problemAnswer } from './problems.ts';

/** A target whose path has a segment `.` or `..`, however it is written. */
export const DOT_SEGMENT = String.raw`^[^?]*/(?:\.|%2[eE]){1,2}(?:[/?]|$)`;
/**
 * A path or an http URL, with a query or without: no user, no fragment, no backslash in the path (readers of URLs take it
 * for a slash), nothing that is not ASCII.
 */
export const TARGET = String.raw`^(?:[hH][tT][tT][pP][sS]?://[^/?#@\\]+)?(?:/[!\x22$->@-[\]-~]*)?(?:\?[!\x22$-~]*)?$`;
/** As the target came: Go writes it anew. */
export const RECEIVED_TARGET = '{http.request.orig_uri}';
/** A name or an address with an optional port (RFC 3986, 3.2), without a comma; or nothing, as HTTP/1.0 may have it. */
export const HOST =
  String.raw`^(?:(?:\[[\da-fA-F:.]+\]|(?:[\w.~!$&'()*+;=-]|%[2-9a-fA-F][\da-fA-F])+)` +
  String.raw`(?::0*(?:\d{0,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?)?$`;
/** Of the `Host` header, or of the target where that names one. */
export const RECEIVED_HOST = '{http.request.hostport}';

export const BAD_HOST = 'the host is not a name or an address, with a port';
export const BAD_TARGET = 'the request target is neither a path nor an http URL';

/** `reservedHeaders`: of answers under `/_faaso`. */
export function refusals(
  reservedHeaders: Readonly<Record<string, readonly string[]>>,
): readonly JsonObject[] {
  return [
    {
      match: [{ not: [{ vars_regexp: { [RECEIVED_HOST]: { pattern: HOST } } }] }],
      // What follows on the connection is not to be trusted.
      handle: [{ ...problemAnswer('request-invalid', BAD_HOST), close: true }],
      terminal: true,
    },
    {
      // What CONNECT names is no path, and no route takes it.
      match: [
        { not: [{ vars_regexp: { [RECEIVED_TARGET]: { pattern: TARGET } } }, { method: ['CONNECT'] }] },
      ],
      handle: [{ ...problemAnswer('path-invalid', BAD_TARGET), close: true }],
      terminal: true,
    },
    {
      match: [onTarget(DOT_SEGMENT)],
      handle: [problemAnswer('path-invalid', 'the path has a "." or ".." segment')],
      terminal: true,
    },
    {
      match: [onTarget(`^${RESERVED}`)],
      handle: [problemAnswer('no-route', 'no route leads here', reservedHeaders)],
      terminal: true,
    },
  ];
}
