/** Stands before every form: health, failures, and a stop that finishes what is in flight. */

import { once } from 'node:events';
import { refuse } from './load.mjs';
import { logFailure, sendFailure } from './problems.mjs';
import { splitTarget } from './request.mjs';
import { closeUpgraded, trackUpgraded } from './upgrades.mjs';

const HEALTH_PATH = '/_faaso/health';

// Longer than any proxy in front keeps an idle connection, so that it is the
// proxy that closes and no request meets a connection being closed.
const KEEP_ALIVE_MS = 620_000;

/** Serves on the port; resolves to the function that drains and ends the process. */
export async function serve(server, port) {
  const open = new Set();
  const state = { draining: false };
  guard(server, open, state);
  const upgraded = trackUpgraded(server);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0; // how long an upload may take is the router's to say
  await listen(server, port);

  return () => {
    if (state.draining) return;
    state.draining = true;
    server.close(() => process.exit(0));
    for (const response of open) announceClose(response);
    closeUpgraded(upgraded);
  };
}

/** Takes the place of the server's request listeners and calls them in turn. */
function guard(server, open, state) {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    open.add(response);
    if (state.draining) announceClose(response);
    response.once('close', () => {
      open.delete(response);
      // A connection is idle again only after this event.
      if (state.draining) setImmediate(() => server.closeIdleConnections());
    });
    if (splitTarget(request.url)[0] === HEALTH_PATH) answerHealth(response);
    else for (const listener of listeners) void run(server, listener, request, response);
  });
}

async function run(server, listener, request, response) {
  let gone = false;
  response.once('close', () => (gone = !response.writableFinished && !response.errored));
  try {
    // Not listener.call or listener.bind: an Express app has methods named after those of HTTP, BIND too.
    await Reflect.apply(listener, server, [request, response]);
  } catch (error) {
    // Without a client an error is most often the abort that the client's leaving caused.
    if (gone) return;
    logFailure(error, request);
    if (response.headersSent)
      response.destroy(); // never a clean end
    else sendFailure(response, error, request);
  }
}

function announceClose(response) {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

function answerHealth(response) {
  const body = '{"status":"ok"}';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

async function listen(server, port) {
  if (server.listening) {
    if (server.address()?.port === port) return;
    // The handler called listen() with a port of its own, where nobody asks.
    server.close();
    await once(server, 'close');
  }
  server.listen(port, '0.0.0.0');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    refuse(
      `port ${port} is taken: export the app or its http.Server instead of calling listen() in the handler`,
    );
  }
}
