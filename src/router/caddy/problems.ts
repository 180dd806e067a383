import type { JsonObject } from './server-config.ts';

/** Status and title of what Caddy answers by itself in our name. */
const PROBLEMS = {
  'path-invalid': [400, 'Bad Request'],
  'no-route': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'body-too-large': [413, 'Content Too Large'],
  'function-broke-off': [502, 'Bad Gateway'],
  'function-not-ready': [503, 'Service Unavailable'],
  'function-timeout': [504, 'Gateway Timeout'],
} as const;

type CaddyProblem = keyof typeof PROBLEMS;

/** A handler that answers with an RFC 9457 problem, as the built-in router does. `detail` may hold placeholders. */
export function problemAnswer(
  code: CaddyProblem,
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

/** Routes for errors that Caddy raises while it proxies. */
export function problemsByStatus(): readonly JsonObject[] {
  const of = (status: number, handler: JsonObject): JsonObject => ({
    match: [{ expression: `{http.error.status_code} == ${status}` }],
    handle: [handler],
    terminal: true,
  });
  const name = 'function "{http.vars.faaso_function}"';
  return [
    of(413, problemAnswer('body-too-large', `the body is larger than ${name} takes`)),
    of(504, problemAnswer('function-timeout', `${name} did not answer in time`)),
    of(503, problemAnswer('function-not-ready', `${name} is not ready`, { 'Retry-After': ['2'] })),
    { handle: [problemAnswer('function-broke-off', `${name} did not give a whole answer`)] },
  ];
}
