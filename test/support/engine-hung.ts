import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINE_SOCKET } from './local-engine.ts';

/** A way to the engine that can fall silent without closing anything, as an engine does that hangs. */
export interface HungEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** How many connections are open. */
  readonly open: () => number;
  readonly hang: () => void;
  readonly flow: () => void;
  readonly close: () => Promise<void>;
}

export async function startHungEngine(): Promise<HungEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'faaso-hung-'));
  const path = join(folder, 'engine.sock');
  const pairs = new Set<readonly [Socket, Socket]>();
  let hangs = true;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: ENGINE_SOCKET, allowHalfOpen: true });
    const pair = [client, engine] as const;
    pairs.add(pair);
    client.pipe(engine);
    engine.pipe(client);
    for (const socket of pair) {
      if (hangs) socket.pause();
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const each = (act: (socket: Socket) => void): void => {
    for (const pair of pairs) for (const socket of pair) act(socket);
  };
  return {
    host: `unix://${path}`,
    open: () => pairs.size,
    hang: () => {
      hangs = true;
      each((socket) => socket.pause());
    },
    flow: () => {
      hangs = false;
      each((socket) => socket.resume());
    },
    async close() {
      each((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
