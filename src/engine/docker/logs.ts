import type { InstanceId } from '../../core/names.ts';
import type { LogLine, LogOptions } from '../engine.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { unless } from './errors.ts';
import { inspectManaged } from './instances.ts';
import type { StampedLine } from './log-lines.ts';
import { logLines } from './log-lines.ts';

/** 409: while it is being removed. */
const GONE = [404, 409];
/** The two streams may be written a little out of order. */
const OVERLAP_MS = 1000;

/** The lines of an instance of faaso; none when there is no such instance. Stopping to iterate closes the stream. */
export async function* readLogs(
  connection: Connection,
  id: InstanceId,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    if ((await inspectManaged(connection, id)) === undefined) return;
    const lines = options.follow
      ? following(connection, id, options, either)
      : present(connection, id, options, either);
    for await (const { stream, at, text } of lines) {
      // The engine's own limit includes the given moment.
      if (options.since === undefined || at > options.since) yield { stream, at, text };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
  }
}

/**
 * Follows to the end, then reads what is missing: measured on 20.10, an engine ends the stream when the process ends
 * without giving its last lines.
 */
async function* following(
  connection: Connection,
  id: InstanceId,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<StampedLine> {
  const last: { stdout?: StampedLine; stderr?: StampedLine } = {};
  let first: StampedLine | undefined;
  const stream = await unless(
    GONE,
    connection.open('send logs', signal, (docker, abortSignal) =>
      docker.getContainer(id).logs({ ...query(options), follow: true, abortSignal }),
    ),
  );
  if (stream === undefined) return;
  for await (const line of logLines(stream, { whole: false })) {
    first ??= line;
    last[line.stream] = line;
    yield line;
  }
  const rest = first === undefined ? options : { follow: false, since: lastTime(last) - OVERLAP_MS };
  for await (const line of present(connection, id, rest, signal)) {
    const seen = (last[line.stream] ?? first)?.stamp;
    if (seen === undefined || line.stamp > seen) yield line;
  }
}

/** What is there now. It is read at once: the engine keeps 30 MB at most. */
async function* present(
  connection: Connection,
  id: InstanceId,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<StampedLine> {
  const whole = await unless(
    GONE,
    connection.call(
      'send logs',
      (docker, deadline) =>
        docker
          .getContainer(id)
          .logs({ ...query(options), follow: false, abortSignal: AbortSignal.any([deadline, signal]) }),
      SLOW_DEADLINE_MS,
    ),
  );
  if (whole !== undefined) yield* logLines(only(whole), { whole: true });
}

function query({ since, tail }: LogOptions): Readonly<Record<string, unknown>> {
  return {
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(since === undefined ? {} : { since: (since / 1000).toFixed(3) }),
    ...(tail === undefined ? {} : { tail }),
  };
}

function lastTime({
  stdout,
  stderr,
}: {
  readonly stdout?: StampedLine;
  readonly stderr?: StampedLine;
}): number {
  return Math.min(stdout?.at ?? Infinity, stderr?.at ?? Infinity);
}

async function* only(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
