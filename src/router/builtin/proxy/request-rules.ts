/** What Node's parser lets pass and HTTP does not, or what two readers could understand differently. */
import { METHODS } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { isAuthority } from '../../target.ts';
import { hasBody } from './answer.ts';
import { Client } from './client.ts';
import type { Problem } from './problem.ts';

const MAX_HEADERS = 1000;
/** The parser also takes the methods of RTSP, a protocol of its own. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** What is wrong with a request, whatever its route. */
export function requestProblem(req: IncomingMessage): Problem | undefined {
  const { headers, rawHeaders, httpVersionMinor: minor } = req;
  if (req.httpVersionMajor === 0) return invalid('the request names no version of HTTP');
  if (req.httpVersionMajor > 1) {
    return { code: 'version-unsupported', detail: 'the versions that are spoken are HTTP/1.0 and HTTP/1.1' };
  }
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return { code: 'headers-too-large', detail: `the request has more than ${MAX_HEADERS} headers` };
  }
  if (!KNOWN_METHODS.has(req.method ?? '')) return invalid('the method is not one of HTTP');
  const hosts = hostCount(rawHeaders);
  if (hosts > 1 || (hosts === 0 && minor === 1)) return invalid('a request names its host once');
  const { host = '' } = headers;
  if (host !== '' && !isAuthority(host)) return invalid('the host is not a name or an address, with a port');
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || minor === 0)) {
    return invalid('the only transfer encoding is chunked, in HTTP/1.1');
  }
  return undefined;
}

export type Expectation = 'nothing' | 'continue' | 'unknown';

/** What a client of HTTP/1.1 expects; without a body there is nothing to wait for. */
export function expectation(req: IncomingMessage): Expectation {
  const { expect = '' } = req.headers;
  const all = expect.split(',').map((item) => item.trim().toLowerCase());
  if (all.some((item) => item !== '' && item !== '100-continue')) return 'unknown';
  return hasBody(req) && all.includes('100-continue') ? 'continue' : 'nothing';
}

/**
 * Whether a connection is to become a WebSocket. Behind a request that is not answered yet it cannot: that would
 * take the connection from the answer.
 */
export function wantsWebSocket(req: IncomingMessage): boolean {
  const { headers } = req;
  return (
    req.method === 'GET' &&
    req.httpVersionMinor === 1 &&
    !hasBody(req) &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    Client.of(req.socket)?.isAnswering !== true
  );
}

function invalid(detail: string): Problem {
  return { code: 'request-invalid', detail };
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}
