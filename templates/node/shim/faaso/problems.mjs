/** Errors: the log gets the stack trace, the caller gets a problem without it (RFC 9457). */

import { inspect } from 'node:util';
import { requestId, splitTarget } from './request.mjs';

const SHIM = new URL('.', import.meta.url);
const OWN_FRAMES = ['node:internal/', '(node:', 'at node:', SHIM.href, SHIM.pathname];

/** The error as text, without the frames of the shim and of Node itself, which say nothing to the user. */
export function userTrace(error) {
  const kept = [];
  for (const line of inspect(error).split('\n')) {
    const isOwn = /^\s+at /.test(line) && OWN_FRAMES.some((place) => line.includes(place));
    if (!isOwn) kept.push(line);
    // What else the error carries starts with a brace behind the last frame.
    else if (line.endsWith(' {')) kept[kept.length - 1] += ' {';
  }
  return kept.join('\n');
}

/** Writes one block to stderr, in one piece so that parallel failures do not mix. */
export function logFailure(error, request) {
  const summary = `${typeName(error)}: ${error?.message ?? inspect(error)}`.split('\n', 1)[0];
  // Without the query, which may hold what does not belong into a log.
  const [path] = splitTarget(request.url);
  process.stderr.write(
    `error ${requestId(request)} ${request.method} ${path} ${summary}\n${userTrace(error)}\n`,
  );
}

/** Answers 500 with the error's type; its message may hold what no caller should see. */
export function sendFailure(response, error, request) {
  const name = typeName(error);
  sendProblem(response, 500, 'Internal Server Error', {
    code: 'function-failed',
    error: name,
    detail: `The function failed with ${name}; its log has the stack trace.`,
    request_id: requestId(request),
  });
}

/** Answers with a problem body, whatever headers a failed answer has set already. */
export function sendProblem(response, status, title, members) {
  for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name);
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title, status, ...members }));
  response.writeHead(status, { 'content-type': 'application/problem+json', 'content-length': body.length });
  response.end(body);
}

function typeName(error) {
  return error instanceof Error ? (error.constructor?.name ?? error.name) : typeof error;
}
