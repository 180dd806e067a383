import { readSync } from 'node:fs';
import type { Socket } from 'node:net';

const BYTE = Buffer.allocUnsafe(1);

/**
 * Whether nothing has come on an idle connection, not even its end: the event loop hears of that only after what it
 * is doing now, and a request that is written meanwhile is lost. Looks at the socket itself; a read that would have to
 * wait is the good case. Node has no call for it, so this reads the descriptor (node v20 to v24, `_handle.fd`). Where
 * there is none the answer is no: a new connection costs less than a lost request.
 */
export function isQuiet(socket: Socket): boolean {
  const { fd = -1 } = (socket as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {};
  if (fd < 0) return false;
  const { stackTraceLimit } = Error;
  // Where it was thrown from is of no interest, and costs more than the read.
  Error.stackTraceLimit = 0;
  try {
    readSync(fd, BYTE, 0, 1, null);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
