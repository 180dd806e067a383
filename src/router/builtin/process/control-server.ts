import { chmod, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { Lines } from '../lines.ts';
import type { Answer, CallName, Calls, Hello, Request } from '../protocol.ts';

/** What is done for each request. */
export type Handlers = {
  readonly [Name in CallName]: (
    params: Calls[Name]['params'],
  ) => Promise<Calls[Name]['result']> | Calls[Name]['result'];
};

/** Answers the control plane on a private socket. */
export class ControlServer {
  private readonly hello: Hello;
  private readonly handlers: Handlers;
  private readonly connections = new Set<Socket>();
  private server: Server | undefined;

  constructor(hello: Hello, handlers: Handlers) {
    this.hello = hello;
    this.handlers = handlers;
  }

  /**
   * Listens at `path`. The socket is made under another name and renamed: closing it removes that other name, and
   * never the socket of a successor.
   */
  async listen(path: string): Promise<void> {
    const temporary = `${path}.${process.pid}`;
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(temporary, () => resolve());
    });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
    this.adopt(server);
  }

  /** Goes on with a socket that a predecessor opened. */
  adopt(server: Server): void {
    this.server = server;
    server.on('connection', (socket) => this.onConnection(socket));
  }

  get socket(): Server | undefined {
    return this.server;
  }

  /** Takes no more connections. */
  close(): void {
    this.server?.close();
  }

  /** Lets go of the control plane, which then looks for a successor. */
  disconnect(): void {
    for (const socket of this.connections) socket.end();
  }

  private onConnection(socket: Socket): void {
    this.connections.add(socket);
    const lines = new Lines();
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.connections.delete(socket));
    socket.on('data', (chunk: string) => {
      for (const line of lines.push(chunk)) void this.onLine(socket, line);
    });
    socket.write(`${JSON.stringify(this.hello)}\n`);
  }

  private async onLine(socket: Socket, line: string): Promise<void> {
    const answer = await answerTo(JSON.parse(line) as Request, this.handlers);
    if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
  }
}

/** Does what is asked; never rejects. */
export async function answerTo(request: Request, handlers: Handlers): Promise<Answer> {
  try {
    return { id: request.id, result: (await run(request, handlers)) ?? null };
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    return { id: request.id, error: { code: cause.code ?? '', message: cause.message } };
  }
}

async function run<Name extends CallName>(
  request: Request<Name>,
  handlers: Handlers,
): Promise<Calls[Name]['result']> {
  if (!Object.hasOwn(handlers, request.call)) throw new Error(`no such call: ${request.call}`);
  const handler: (params: Calls[Name]['params']) => Promise<Calls[Name]['result']> | Calls[Name]['result'] =
    handlers[request.call];
  return await handler(request.params);
}
