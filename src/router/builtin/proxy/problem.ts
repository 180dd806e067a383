/** The router's own answers: RFC 9457 problems with a stable `code`. No upstream address, no stack. */
import { headLines } from './pairs.ts';

const PROBLEMS = {
  'request-invalid': [400, 'Bad Request'],
  'path-invalid': [400, 'Bad Request'],
  unauthorized: [401, 'Unauthorized'],
  'no-route': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'request-timeout': [408, 'Request Timeout'],
  // In the access log alone: its answer has begun.
  'client-timeout': [408, 'Request Timeout'],
  'body-too-large': [413, 'Content Too Large'],
  'expectation-failed': [417, 'Expectation Failed'],
  'rate-limited': [429, 'Too Many Requests'],
  'route-busy': [429, 'Too Many Requests'],
  'headers-too-large': [431, 'Request Header Fields Too Large'],
  internal: [500, 'Internal Server Error'],
  'function-refused': [502, 'Bad Gateway'],
  'function-broke-off': [502, 'Bad Gateway'],
  'function-answer-invalid': [502, 'Bad Gateway'],
  'too-many-connections': [503, 'Service Unavailable'],
  'verification-busy': [503, 'Service Unavailable'],
  'function-not-ready': [503, 'Service Unavailable'],
  'function-timeout': [504, 'Gateway Timeout'],
  'function-replaced': [504, 'Gateway Timeout'],
  'version-unsupported': [505, 'HTTP Version Not Supported'],
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export interface Problem {
  readonly code: ProblemCode;
  /** For a person; ends without a full stop. */
  readonly detail: string;
  /** Further headers, flat pairs. */
  readonly headers?: readonly string[];
}

/** A problem as it goes over the wire. */
export interface WireProblem {
  readonly status: number;
  readonly title: string;
  /** Flat pairs, with the body's length. */
  readonly headers: string[];
  readonly body: string;
}

export function statusOf({ code }: Problem): number {
  return PROBLEMS[code][0];
}

export function wireProblem(problem: Problem, requestId: string): WireProblem {
  const [status, title] = PROBLEMS[problem.code];
  const body = `${JSON.stringify({
    type: 'about:blank',
    title,
    status,
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
  })}\n`;
  return {
    status,
    title,
    headers: [
      'Content-Type',
      'application/problem+json',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      'no-store',
      'X-Request-Id',
      requestId,
      ...(problem.headers ?? []),
    ],
    body,
  };
}

/** A whole answer that ends its connection, for a socket that has no response object. */
export function rawProblem({ status, title, headers, body }: WireProblem): string {
  const date = new Date().toUTCString();
  return `HTTP/1.1 ${status} ${title}\r\n${headLines(headers)}Date: ${date}\r\nConnection: close\r\n\r\n${body}`;
}
