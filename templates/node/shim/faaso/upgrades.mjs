/** Connections that became WebSockets: the server no longer knows them, so a stop must. */

// An unmasked close frame, code 1001: the server is going away (RFC 6455, 7.4.1).
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

const GRACE_MS = 1_000;

/** The sockets that were upgraded and are open. */
export function trackUpgraded(server) {
  const sockets = new Set();
  // With a listener for upgrades Node stops answering them as plain requests,
  // so there is one only where the app has its own.
  if (server.listenerCount('upgrade') > 0) {
    server.on('upgrade', (_request, socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  }
  return sockets;
}

/** Says goodbye on each; one that does not answer is cut. */
export function closeUpgraded(sockets) {
  for (const socket of sockets) {
    socket.end(GOING_AWAY);
    setTimeout(() => socket.destroy(), GRACE_MS).unref();
  }
}
