import type { Socket } from 'node:net';

/** So much is read before anybody wants it. */
const MOST_BYTES = 65_536;

/**
 * Reads what a client sends before it may be used, up to a limit: who does not read from a socket does not hear that
 * the other side has ended it either. A client that ends its side leaves, as for Node's HTTP server.
 */
export class ReadAhead {
  private readonly socket: Socket;
  private readonly pieces: Buffer[];
  private bytes: number;
  private isWanted = true;

  /** `first`: what has come already. */
  constructor(socket: Socket, first: readonly Buffer[]) {
    this.socket = socket;
    this.pieces = [...first];
    this.bytes = first.reduce((sum, piece) => sum + piece.length, 0);
    socket.on('error', onError);
    socket.on('end', onEnd);
    socket.on('data', this.onData);
    if (this.bytes >= MOST_BYTES) socket.pause();
  }

  /** What came so far, in order. The socket is the caller's from here on, paused and without listeners of this. */
  take(): readonly Buffer[] {
    const { socket } = this;
    socket.pause();
    socket.off('error', onError);
    socket.off('end', onEnd);
    socket.off('data', this.onData);
    return this.pieces.splice(0);
  }

  /** Throws away what came and what still comes: only the end counts. */
  discard(): void {
    this.pieces.length = 0;
    this.isWanted = false;
    this.socket.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    if (!this.isWanted) return;
    this.bytes += chunk.length;
    this.pieces.push(chunk);
    if (this.bytes >= MOST_BYTES) this.socket.pause();
  };
}

/** Its close is what counts. */
function onError(this: Socket): void {
  this.destroy();
}

function onEnd(this: Socket): void {
  this.end();
}
