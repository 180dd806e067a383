import { once } from 'node:events';
import { createServer } from 'node:net';

import { errorCode, FaasoError } from '../../core/errors.ts';

/** The port that is wanted before others. */
export const FIRST_PORT = 8080;
const TRIES = 100;

/** The first port from 8080 on that nobody listens on at the loopback address. */
export async function freePort(): Promise<number> {
  for (let port = FIRST_PORT; port < FIRST_PORT + TRIES; port += 1) if (await isFree(port)) return port;
  throw new FaasoError('port-taken', `all ports from ${FIRST_PORT} to ${FIRST_PORT + TRIES - 1} are in use`, {
    hint: 'name another with --listen 127.0.0.1:PORT',
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: '127.0.0.1', port }), 'listening');
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES') return false;
    throw error;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
