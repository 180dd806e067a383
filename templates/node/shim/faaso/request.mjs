/** What every part of the shim asks of a request. */

import { randomUUID } from 'node:crypto';

const SAFE = /^[A-Za-z0-9._-]{1,128}$/;
const made = new WeakMap();

/** The caller's id when it is safe to log, else a new one, the same at each call. */
export function requestId(request) {
  const sent = request.headers['x-request-id'];
  if (typeof sent === 'string' && SAFE.test(sent)) return sent;
  if (!made.has(request)) made.set(request, randomUUID());
  return made.get(request);
}

/** Path and query of a request target, which may also be a whole URL. */
export function splitTarget(target) {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? [local, ''] : [local.slice(0, mark), local.slice(mark + 1)];
}
