import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Server } from 'node:net';

import type { ListenAddress } from '../proxy/listener.ts';
import { ACCESS_FDS } from '../protocol.ts';
import type { ProcessOptions, Successor } from '../protocol.ts';

/**
 * Predecessor → successor, over IPC; `router` and `control` come with their sockets. Never changes. `protocol`: which the
 * predecessor speaks on this channel from then on; absent from one that closes it.
 */
type Inheritance =
  | {
      readonly kind: 'router';
      readonly asked: ListenAddress;
      readonly state: unknown;
      readonly protocol?: number;
    }
  | { readonly kind: 'control' };

/** What a successor starts with. */
export interface Inherited {
  readonly router: Server;
  readonly control: Server;
  readonly asked: ListenAddress;
  readonly state: unknown;
  readonly protocol: number | undefined;
  /** Of the predecessor. */
  readonly pid: number;
}

/**
 * Successor → predecessor: it can take the sockets (sent earlier they would accept connections that nobody
 * listens to), and it serves.
 */
const WAITING = 'waiting';
const READY = 'ready';
const START_MS = 15_000;

/** What a predecessor hands over. */
interface Estate {
  readonly router: Server;
  readonly asked: ListenAddress;
  readonly control: Server;
  readonly protocol: number;
}

/** Starts the successor and gives it the sockets; resolves with its process once it serves. */
export async function forkSuccessor(
  successor: Successor,
  options: Omit<ProcessOptions, 'successor'>,
  { router, asked, control, protocol }: Estate,
): Promise<ChildProcess> {
  const argument: ProcessOptions = { ...options, successor: true };
  const child = fork(successor.entry, [JSON.stringify(argument)], {
    execArgv: [...successor.execArgv],
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(options.accessLog === true ? ACCESS_FDS : [])],
  });
  try {
    const ready = message(child, READY);
    // It is awaited below; a failure before that is reported once.
    ready.catch(() => undefined);
    await message(child, WAITING);
    await give(child, { kind: 'control' }, control);
    await give(child, { kind: 'router', asked, state: successor.state, protocol }, router);
    await ready;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}

/** Receives the sockets. */
export async function inherit(): Promise<Inherited> {
  const sockets = new Map<string, Server>();
  return await new Promise<Inherited>((resolve) => {
    const onMessage = (message: Inheritance, handle: unknown): void => {
      sockets.set(message.kind, handle as Server);
      const control = sockets.get('control');
      const router = sockets.get('router');
      if (message.kind === 'router' && control !== undefined && router !== undefined) {
        const { asked, state, protocol } = message;
        resolve({ router, control, asked, state, protocol, pid: process.ppid });
        process.off('message', onMessage);
      }
    };
    process.on('message', onMessage);
    process.send?.(WAITING);
  });
}

/** Tells the predecessor that it may go. */
export function tellReady(): void {
  process.send?.(READY);
}

async function give(child: ChildProcess, message: Inheritance, socket: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.send(message, socket, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function message(child: ChildProcess, wanted: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the successor did not start in time')), START_MS);
    child.on('message', (received) => {
      if (received !== wanted) return;
      clearTimeout(timer);
      resolve();
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the successor ended with exit code ${code ?? 'none'}`));
    });
  });
}
