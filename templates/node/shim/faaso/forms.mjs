/** Finds out what the user's module offers: an app, an object with `fetch`, or a function. */

import { createServer, Server } from 'node:http';
import { fetchListener } from './fetch.mjs';
import { functionListener } from './function.mjs';
import { refuse } from './load.mjs';

/** The form's name and a server that serves it, not yet guarded. */
export function findForm(file, exports) {
  const main = exports.default;
  // Names that a CommonJS module computes are on its `default` alone.
  const offered = (name) => exports[name] ?? main?.[name];

  // First, because a handler beside an app is there for some other platform.
  const app = offered('app') ?? (isApp(main) ? main : undefined);
  if (app !== undefined) return appForm(file, app);

  if (typeof offered('fetch') === 'function') {
    const target = typeof exports.fetch === 'function' ? exports : main;
    return { name: 'fetch(request)', server: createServer(fetchListener(target)) };
  }
  const handler = offered('handler') ?? main;
  if (typeof handler === 'function') {
    return { name: 'handler(event, context)', server: createServer(functionListener(handler)) };
  }
  refuse(`${file} exports none of: a function (event, context), an object with fetch(request), app`);
}

function appForm(file, app) {
  if (app instanceof Server) return { name: 'an http.Server', server: app };
  const listener = typeof app.callback === 'function' ? app.callback() : app;
  if (typeof listener !== 'function') {
    refuse(`app in ${file} is neither a request listener (request, response) nor an http.Server`);
  }
  return { name: 'a request listener', server: createServer(listener) };
}

/** Whether a default export is an app by itself: a server, Express (a function) or Koa. */
function isApp(value) {
  if (value instanceof Server) return true;
  return (
    typeof value?.listen === 'function' &&
    (typeof value === 'function' || typeof value.callback === 'function')
  );
}
