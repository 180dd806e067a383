import type { InstanceId } from '../../core/names.ts';
import type { LogLine, LogOptions } from '../engine.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { unless } from './errors.ts';
import { inspectManaged } from './instances.ts';
import { logLines } from './log-lines.ts';

const ABSENT = [404];

/** The lines of an instance of faaso; none when there is no such instance. Stopping to iterate closes the stream. */
export async function* readLogs(
  connection: Connection,
  id: InstanceId,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const ended = new AbortController();
  try {
    const stream = await openLogs(connection, id, options, AbortSignal.any([signal, ended.signal]));
    if (stream === undefined) return;
    for await (const line of logLines(stream)) {
      // The engine's own limit includes the given moment.
      if (options.since === undefined || line.at > options.since) yield line;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
  }
}

async function openLogs(
  connection: Connection,
  id: InstanceId,
  { follow, since, tail }: LogOptions,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  if ((await inspectManaged(connection, id)) === undefined) return undefined;
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(since === undefined ? {} : { since: (since / 1000).toFixed(3) }),
    ...(tail === undefined ? {} : { tail }),
  };
  if (follow) {
    const opened = connection.open('send logs', signal, (docker, abortSignal) =>
      docker.getContainer(id).logs({ ...query, follow: true, abortSignal }),
    );
    return unless(ABSENT, opened);
  }
  const whole = await unless(
    ABSENT,
    connection.call(
      'send logs',
      (docker, deadline) =>
        docker.getContainer(id).logs({ ...query, abortSignal: AbortSignal.any([deadline, signal]) }),
      SLOW_DEADLINE_MS,
    ),
  );
  return whole === undefined ? undefined : only(whole);
}

async function* only(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
