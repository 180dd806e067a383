import type { IncomingMessage, Server } from 'node:http';

import type { Client, ClientActivity } from './client.ts';
import { ReadAhead } from './read-ahead.ts';

/**
 * What a client sent behind a request that is not answered yet. Requests of one connection are begun one after the
 * other: their order may matter (RFC 9112, 9.3.2), and a client must not take more of the functions than one request
 * at a time on each connection. Node's parser would begin with all that lie in what it reads at once, thousands of them;
 * so it is stopped behind the head of the first that has to wait, as it stops for a WebSocket, and what follows stays
 * what it is: bytes. They go to a parser of their own once the answer is written.
 */
export class Pipelined implements ClientActivity {
  private readonly server: Server;
  private readonly client: Client;
  private readonly ahead: ReadAhead;

  /** `req`: the one whose turn it is next, `rest`: the bytes behind its head. */
  constructor(server: Server, client: Client, req: IncomingMessage, rest: Buffer) {
    this.server = server;
    this.client = client;
    this.ahead = new ReadAhead(client.socket, [headOf(req), rest]);
  }

  start(): void {
    const { client } = this;
    client.activities.add(this);
    // Node listens to it no more, and has told answers of it.
    client.socket.on('drain', this.onDrain);
    client.onAnswered = () => this.goOn();
  }

  /** Nothing has begun. */
  onClientGone(): void {}

  /** Nothing is read as HTTP meanwhile. */
  onBroken(): void {}

  private goOn(): void {
    const { client, server } = this;
    const { socket } = client;
    client.onAnswered = undefined;
    client.activities.delete(this);
    socket.off('drain', this.onDrain);
    if (client.isRefused || !socket.writable) {
      // Unread, they would make a reset of the end, which takes the last answer from the client.
      this.ahead.discard();
      return;
    }
    for (const piece of this.ahead.take().toReversed()) socket.unshift(piece);
    // Set for an idle connection.
    socket.setTimeout(0);
    server.emit('connection', socket);
    socket.resume();
  }

  private readonly onDrain = (): void => {
    this.client.latest?.emit('drain');
  };
}

/** The head as it was parsed: no longer than it came, so that no limit counts against it that did not before. */
function headOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    text += `${rawHeaders[i] ?? ''}:${rawHeaders[i + 1] ?? ''}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
