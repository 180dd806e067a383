import { PROBLEMS } from '../problems.ts';
import type { ProblemCode } from '../problems.ts';
import type { JsonObject } from './json.ts';

/** A handler that answers with an RFC 9457 problem, as the built-in router does. `detail` may hold placeholders. */
export function problemAnswer(
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, readonly string[]>> = {},
): JsonObject {
  const [status, title] = PROBLEMS[code];
  const body = { type: 'about:blank', title, status, code, detail };
  // The first brace is escaped: Caddy takes what stands in braces for a placeholder.
  const text = `\\${JSON.stringify(body).slice(0, -1)},"request_id":"{http.request.header.X-Request-Id}"}\n`;
  return {
    handler: 'static_response',
    status_code: status,
    headers: {
      'Content-Type': ['application/problem+json'],
      'Cache-Control': ['no-store'],
      'X-Request-Id': ['{http.request.header.X-Request-Id}'],
      ...headers,
    },
    body: text,
  };
}

/** Routes for errors that Caddy raises while it proxies. What they are is told by its words alone. */
export function problemsByStatus(): readonly JsonObject[] {
  const of = (condition: string, handler: JsonObject): JsonObject => ({
    match: [{ expression: condition }],
    handle: [handler],
    terminal: true,
  });
  const status = (code: number): string => `{http.error.status_code} == ${code}`;
  const says = (...words: readonly string[]): string =>
    words.map((word) => `{http.error.message}.contains(${JSON.stringify(word)})`).join(' || ');
  const name = 'function "{http.vars.faaso_function}"';
  const limit = '{http.vars.faaso_timeout} s';
  return [
    of(status(413), problemAnswer('body-too-large', `the body is larger than ${name} takes`)),
    // A client that is silent in the middle of its body looks to Caddy like one that left.
    of(
      `${status(408)} || ${status(499)}`,
      problemAnswer('request-timeout', "no byte of the request's body came in time"),
    ),
    // Caddy's own, before any route.
    of(status(405), problemAnswer('method-not-allowed', 'no route here takes {http.request.method}')),
    of(`{http.error.status_code} >= 400 && {http.error.status_code} < 500`, {
      ...problemAnswer('request-invalid', 'the request is not valid HTTP'),
      close: true,
    }),
    of(
      status(504),
      problemAnswer('function-timeout', `${name} did not answer within its timeout of ${limit}`),
    ),
    of(
      says('connection refused'),
      problemAnswer('function-refused', `${name} refused the connection`, { 'Retry-After': ['1'] }),
    ),
    of(
      says(
        'malformed',
        'unsupported transfer encoding',
        'too many transfer encodings',
        'invalid',
        'Content-Length',
        'headers exceeded',
      ),
      problemAnswer('function-answer-invalid', `${name} gave an answer that is not valid HTTP`),
    ),
    {
      handle: [problemAnswer('function-broke-off', `${name} broke off before its answer was complete`)],
    },
  ];
}
