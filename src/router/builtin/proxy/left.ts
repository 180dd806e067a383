import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';

const NOTHING = Buffer.alloc(1);

/**
 * Whether the other side has reset a connection that is not read from: the event loop hears of that from reads alone.
 * Looks at the socket itself: writing no bytes fails then. Node has no call for it, so this uses the descriptor (node v20
 * to v24, `_handle.fd`; where there is none the answer is no).
 */
export function hasLeft(socket: Socket): boolean {
  const { fd = -1 } = (socket as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {};
  if (fd < 0) return false;
  try {
    writeSync(fd, NOTHING, 0, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}
