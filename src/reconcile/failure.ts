import { FaasoError } from '../core/errors.ts';
import type { InstanceId } from '../core/names.ts';
import type { Instance } from '../core/state.ts';
import type { Engine } from '../engine/engine.ts';
import { listensOn } from './listens-on.ts';
import { exitHint, unhealthyHint } from './start-hints.ts';

const LOG_LINES = 20;
const LOG_DEADLINE_MS = 3000;

/** The last lines that an instance wrote, oldest first; empty when they cannot be had. */
export async function lastLogLines(engine: Engine, id: InstanceId): Promise<string[]> {
  const lines: string[] = [];
  try {
    const options = { follow: false, tail: LOG_LINES };
    for await (const line of engine.logs(id, options, AbortSignal.timeout(LOG_DEADLINE_MS)))
      lines.push(line.text);
  } catch {
    // The failure that is being explained matters more than a log that could not be read.
  }
  return lines;
}

/** Why an instance is not running, in words. */
export function explainStatus(instance: Instance | undefined): string {
  if (instance === undefined) return 'its container was removed';
  const { status } = instance;
  switch (status.kind) {
    case 'created':
      return 'its container did not start';
    case 'paused':
      return 'its container is paused';
    case 'running':
      return instance.portBound ? 'running' : `its container lost port ${instance.port}`;
    case 'exited':
      return status.oomKilled
        ? 'out of memory (limits.memory)'
        : status.error === undefined
          ? `the process exited with code ${status.exitCode}`
          : `the process exited with code ${status.exitCode}: ${status.error}`;
  }
}

/** The error for a new instance that ended before it was healthy. `port`: where it has to listen. */
export async function exitedError(engine: Engine, instance: Instance, port: number): Promise<FaasoError> {
  const { status } = instance;
  const details = await lastLogLines(engine, instance.id);
  const ended = status.kind === 'exited' ? status : undefined;
  const oom = ended?.oomKilled === true;
  return new FaasoError('instance-exited', oom ? 'the process ran out of memory' : explainStatus(instance), {
    details,
    hint: oom ? 'raise limits.memory in functions.yml' : exitHint(ended?.exitCode ?? 0, details, port),
  });
}

/** The error for a new instance that was not healthy in time. `port`: where it has to listen. */
export async function unhealthyError(
  engine: Engine,
  instance: Instance,
  port: number,
  waitedMs: number,
  lastProbe: string,
): Promise<FaasoError> {
  const sockets = await listensOn(engine, instance.id);
  return new FaasoError(
    'instance-unhealthy',
    `not healthy after ${Math.round(waitedMs / 1000)} s; ${lastProbe}`,
    { details: await lastLogLines(engine, instance.id), hint: unhealthyHint(sockets, port) },
  );
}

/** What an abort of `signal` is called, whatever reason the caller gave. */
export function interruption(signal: AbortSignal): FaasoError {
  if (signal.reason instanceof FaasoError) return signal.reason;
  return new FaasoError('interrupted', 'cancelled', { cause: signal.reason });
}
