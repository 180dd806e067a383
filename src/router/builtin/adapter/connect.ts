import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { FaasoError } from '../../../core/errors.ts';
import type { Served } from '../../routes-file.ts';
import { PROTOCOL } from '../protocol.ts';
import { CallFailed, ControlClient } from './control-client.ts';
import { startProcess, thisProgram } from './spawn.ts';
import { VERSION } from '../version.ts';

export interface ConnectOptions {
  readonly socketPath: string;
  readonly routesFile: string;
  readonly logFile: string;
  readonly accessLogFile?: string;
}

export interface Connected {
  readonly client: ControlClient;
  /** The process, where it was started for this connection. */
  readonly started?: ChildProcess;
}

const HELLO_MS = 5000;
const HANDOVER_MS = 20_000;
const START_MS = 15_000;
const POLL_MS = 10;

/**
 * A connection to a data plane of this version: the one that runs, its successor when it is of another version (as after
 * an upgrade), else a new one. Rejects with `router-unreachable`.
 */
export async function connectDataPlane(options: ConnectOptions, served: Served): Promise<Connected> {
  const running = await openIfRunning(options.socketPath);
  if (running === undefined) return await startNew(options);
  const isUsable = running.hello.protocol === PROTOCOL;
  if (isUsable && running.hello.version === VERSION) return { client: running };
  try {
    await running.call('handover', { ...thisProgram(), state: served }, HANDOVER_MS);
  } catch (error) {
    // It cannot start a successor, as when it may not read this version's files. One that is understood stays; of
    // another its clients see a short gap.
    if (isUsable && error instanceof CallFailed) return { client: running };
    await running.call('stop', null, HELLO_MS);
    return await startNew(options);
  }
  await running.closed;
  const client = await openIfRunning(options.socketPath);
  return client === undefined ? await startNew(options) : { client };
}

/** `undefined` when nothing listens on the socket. */
export async function openIfRunning(socketPath: string): Promise<ControlClient | undefined> {
  try {
    return await ControlClient.open(socketPath, HELLO_MS);
  } catch (error) {
    if (error instanceof FaasoError) throw error;
    return undefined;
  }
}

async function startNew(options: ConnectOptions): Promise<Connected> {
  const { socketPath, routesFile, logFile, accessLogFile } = options;
  const argument = { socketPath, routesFile, successor: false };
  const started = await startProcess(thisProgram(), argument, logFile, accessLogFile);
  try {
    return { client: await connectTo(started, options), started };
  } catch (error) {
    started.kill('SIGKILL');
    throw error;
  }
}

async function connectTo(
  child: ChildProcess,
  { socketPath, logFile }: ConnectOptions,
): Promise<ControlClient> {
  const ended = endOf(child);
  const deadline = performance.now() + START_MS;
  for (;;) {
    const client = await openIfRunning(socketPath);
    if (client !== undefined && client.hello.pid === child.pid) return client;
    client?.close();
    const end = await Promise.race([ended, delay(POLL_MS, undefined)]);
    if (end === undefined && performance.now() < deadline) continue;
    throw new FaasoError('router-unreachable', `the router's process ${end ?? 'did not start in time'}`, {
      hint: `its log is ${logFile}`,
    });
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code ?? 0}`}`));
  });
}
