import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { errorCode, FaasoError } from '../core/errors.ts';

/** State of a listening socket in `/proc/net/tcp` (`TCP_LISTEN`). */
const LISTEN = '0A';

/** Who listens on a TCP port of this machine, as `name (pid 123)`; `undefined` when it cannot be found out. */
async function portOwner(port: number): Promise<string | undefined> {
  const inodes = new Set(
    (await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => listening(path, port)))).flat(),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of (await entries('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await entries(`/proc/${pid}/fd`)) {
      const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process');
      return `${name.trim()} (pid ${pid})`;
    }
  }
  return undefined;
}

/** Inodes of the sockets that listen on `port`. The layout is described in proc(5) under `/proc/net/tcp`. */
async function listening(path: string, port: number): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

async function entries(path: string): Promise<string[]> {
  return await readdir(path).catch(() => []);
}

/** The key of functions.yml that says where to listen. */
export type ListenKey = 'router.listen' | 'router.https.listen';

/** The key that an address of the router's comes from. */
export function listenKey(
  { https }: { readonly https?: { readonly port: number } | undefined },
  port: number,
): ListenKey {
  return https?.port === port ? 'router.https.listen' : 'router.listen';
}

/** Makes sure that nobody listens there: Caddy would share an address with another Caddy. Rejects with `listen-failed`. */
export async function assertFree(host: string, port: number, key?: ListenKey): Promise<void> {
  await listenOnce(host, port).catch(async (error: unknown) => {
    // What may not be opened here may well be by whoever is to listen.
    if (errorCode(error) === 'EADDRINUSE') throw await inUse(host, port, error, key);
  });
}

/** A port that nobody listened on a moment ago. */
export async function freePort(host: string): Promise<number> {
  return await listenOnce(host, 0);
}

export async function inUse(
  host: string,
  port: number,
  cause: unknown,
  key: ListenKey = 'router.listen',
): Promise<FaasoError> {
  const owner = (await portOwner(port)) ?? 'another program';
  return new FaasoError('listen-failed', `${host}:${port} is in use by ${owner}`, {
    cause,
    hint: `stop that program, or change \`${key}\` in functions.yml`,
  });
}

async function listenOnce(host: string, wanted: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wanted, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
