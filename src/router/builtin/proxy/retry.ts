import type { UpstreamFailure } from '../upstream/failure.ts';

/** Methods whose repetition changes nothing (RFC 9110, 9.2.2; RFC 4918; RFC 5323; RFC 3253). */
const IDEMPOTENT = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'PROPFIND',
  'SEARCH',
  'REPORT',
  'QUERY',
]);

export function isIdempotent(method: string | undefined): boolean {
  return IDEMPOTENT.has(method ?? '');
}

/**
 * Whether a request may be sent once more, on a new connection: its kept-alive connection ended without a byte of
 * an answer, and either no byte of the request was taken or its repetition changes nothing.
 */
export function mayRetry(failure: UpstreamFailure, method: string | undefined): boolean {
  if (failure.kind !== 'broke-off' || !failure.reused || failure.answered) return false;
  return !failure.sent || isIdempotent(method);
}
