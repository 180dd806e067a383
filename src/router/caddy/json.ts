/** A value of Caddy's configuration. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Caddy's durations are in ns. */
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

/** A matcher of path and query as they were received: Caddy's own `path` ignores case, decodes and merges slashes. */
export function onTarget(pattern: string): JsonObject {
  return { vars_regexp: { '{http.request.uri}': { pattern } } };
}

/** `/_faaso`, however it is written. */
export const RESERVED = '/+(?:_|%5[fF])(?:f|%66)(?:a|%61)(?:a|%61)(?:s|%73)(?:o|%6[fF])(?:[/?]|$)';
