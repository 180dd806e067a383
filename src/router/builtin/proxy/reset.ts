import type { Socket } from 'node:net';

/**
 * Ends a connection by a reset, so that the other side cannot take it for a complete message. Node's
 * `resetAndDestroy` ends the stream first, and the other side sees that clean end; this flag is what it sets to
 * make `destroy` reset (node v20 to v24, `lib/net.js`). A contract test notices if that changes.
 */
export function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
