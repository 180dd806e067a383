/** What a handler is told about its request beside the event. */

import { fieldsByName } from './event.mjs';
import { requestId, splitTarget } from './request.mjs';

const { FAASO_FUNCTION = '', FAASO_REVISION = '' } = process.env;

/** One request, as the handler's second argument. */
export class Context {
  function = FAASO_FUNCTION;
  revision = FAASO_REVISION;
  #response;
  #abort;

  /** `body` is left out where the handler reads the request itself. */
  constructor(request, response, body) {
    const [path, query] = splitTarget(request.url);
    this.requestId = requestId(request);
    this.method = request.method;
    /** As it was sent: still percent-encoded, without the query. */
    this.path = path;
    this.query = fieldsByName(query);
    /** Names in lower case; repeated ones joined as HTTP says. */
    this.headers = request.headers;
    this.body = body;
    /** When the caller stops waiting, on the clock of `Date.now()`. */
    this.deadline = deadline(request.headers['x-faaso-timeout-ms']);
    this.#response = response;
  }

  /** Milliseconds until the deadline, not below 0; `undefined` without one. */
  remaining() {
    return this.deadline === undefined ? undefined : Math.max(0, this.deadline - Date.now());
  }

  /** Aborts when the client goes away. */
  get signal() {
    this.#abort ??= abortWithout(this.#response);
    return this.#abort.signal;
  }
}

function abortWithout(response) {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.closed) abort();
  else response.once('close', abort);
  return controller;
}

function deadline(timeoutMs) {
  return /^\d{1,15}$/.test(timeoutMs ?? '') ? Date.now() + Number(timeoutMs) : undefined;
}
