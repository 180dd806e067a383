import { mkdtemp, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A unix socket in front of another, which can be cut as when the engine dies. */
export interface SocketProxy {
  readonly path: string;
  /** How many connections are open. */
  readonly open: () => number;
  /** Ends all connections and listens no more. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startSocketProxy(target: string): Promise<SocketProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'faaso-proxy-'));
  const path = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };

  const mend = async (): Promise<void> => {
    const started = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: target, allowHalfOpen: true });
      track(client).pipe(track(engine)).pipe(client);
      client.on('close', () => engine.destroy());
      engine.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve, reject) => started.once('error', reject).listen(path, resolve));
    server = started;
  };

  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) =>
      server === undefined ? resolve(undefined) : server.close(resolve),
    );
    for (const socket of sockets) socket.destroy();
    await closed;
    server = undefined;
  };

  await mend();
  return {
    path,
    open: () => sockets.size / 2,
    cut,
    mend,
    async close() {
      await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
