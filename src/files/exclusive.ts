import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';

const POLL_MS = 5;
/** Work under a name takes milliseconds. Who holds one for longer is a stranger, and does not stop us. */
const PATIENCE_MS = 2000;

/**
 * Runs `work` while no other process of this machine runs work of the same name. The name is that of an abstract
 * socket (unix(7)): the kernel gives it to one at a time, and takes it back from a process that was killed.
 */
export async function exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + PATIENCE_MS;
  const server = createServer((socket) => socket.destroy());
  let held = false;
  for (; !held && performance.now() < deadline;) {
    held = await claim(server, `\0faaso-${sha256(name).slice(0, 32)}`);
    if (!held) await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    if (held) await new Promise((resolve) => server.close(resolve));
  }
}

async function claim(server: ReturnType<typeof createServer>, path: string): Promise<boolean> {
  try {
    await once(server.listen({ path }), 'listening');
    return true;
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return false;
    throw error;
  }
}
