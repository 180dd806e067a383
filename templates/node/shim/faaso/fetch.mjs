/** Serves an object with `fetch(request)`, as on the web platform, as a request listener. */

import { Readable } from 'node:stream';
import { sendAnswer } from './answer.mjs';
import { Context } from './context.mjs';
import { sendProblem } from './problems.mjs';

// A `Request` cannot be made with these.
const REFUSED = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** The listener rejects with what `fetch` throws. */
export function fetchListener(target) {
  return async (request, response) => {
    if (REFUSED.has(request.method)) {
      const detail = `fetch(request) cannot be called with ${request.method}.`;
      sendProblem(response, 405, 'Method Not Allowed', { code: 'method-not-allowed', detail });
      return;
    }
    const context = new Context(request, response);
    const answer = await target.fetch(webRequest(request, context), context);
    if (!(answer instanceof Response)) throw new TypeError('fetch(request) must return a Response');
    await sendAnswer(response, answer);
  };
}

function webRequest(request, context) {
  const init = { method: request.method, headers: webHeaders(request), signal: context.signal };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    init.body = Readable.toWeb(request);
    init.duplex = 'half';
  }
  const target = request.url.startsWith('/') ? request.url : `/${request.url}`;
  return new Request(`${origin(request)}${target}`, init);
}

function origin({ headers }) {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  const claimed = `${scheme}://${headers.host ?? 'localhost'}`;
  return URL.canParse(claimed) ? new URL(claimed).origin : 'http://localhost';
}

function webHeaders({ rawHeaders }) {
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index], rawHeaders[index + 1]);
  }
  return headers;
}
