/** The router's own answers: RFC 9457 problems with a stable `code`. No upstream address, no stack. */
import { PROBLEMS } from '../../problems.ts';
import type { ProblemCode } from '../../problems.ts';
import { headLines } from './pairs.ts';

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
