import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A server on 127.0.0.1 that stands for a function. It ends with the test. */
export interface Upstream {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Connections so far. */
  connections: number;
  /** Ends it hard, with all its connections. */
  kill(): Promise<void>;
}

/** A function that speaks HTTP. */
export async function startFunction(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<Upstream> {
  return await listen(createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, ...options }, listener));
}

/** A function that is scripted byte by byte. */
export async function startRawFunction(onConnection: (socket: Socket) => void): Promise<Upstream> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  return await listen(server);
}

/** A raw function that gives the same bytes to every request (requests without a body) and keeps the connection. */
export async function startCannedFunction(answer: string | Buffer, end = false): Promise<Upstream> {
  return await startRawFunction((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      while (received.includes('\r\n\r\n')) {
        received = received.slice(received.indexOf('\r\n\r\n') + 4);
        if (end) socket.end(answer, 'latin1');
        else socket.write(answer, 'latin1');
      }
    });
  });
}

/** Makes an existing server listen as an upstream. */
export async function listen(server: Server): Promise<Upstream> {
  const open = new Set<Socket>();
  const upstream: Upstream = {
    port: 0,
    open,
    connections: 0,
    kill: async () => {
      for (const socket of open) resetConnection(socket);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  server.on('connection', (socket: Socket) => {
    upstream.connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  onTestFinished(() => upstream.kill());
  return Object.assign(upstream, { port: (server.address() as AddressInfo).port });
}

/** Answers with what arrived, as {@link Seen}. */
export function echo(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const seen: Seen = {
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.rawHeaders,
      trailers: req.rawTrailers,
      body: Buffer.concat(chunks).toString('base64'),
    };
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(seen));
  });
}

/** Ends a connection by a reset and without a clean end before it, as a process that is killed with unread data does. */
export function resetConnection(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** A request as a function saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  /** Flat pairs. */
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  /** Base64. */
  readonly body: string;
}

/** The values of a header in flat pairs, in their order. */
export function headerValues(pairs: readonly string[], name: string): string[] {
  return pairs.filter((_, i) => i % 2 === 1 && pairs[i - 1]?.toLowerCase() === name.toLowerCase());
}
