import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const { port, release } = await occupyPort(0);
  await release();
  return port;
}

/** Listens on a port of 127.0.0.1 as a program that has nothing to do with faaso; 0 lets the system choose. */
export async function occupyPort(wanted: number): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(wanted, '127.0.0.1', resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
