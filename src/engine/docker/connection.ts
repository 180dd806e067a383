import { Agent } from 'node:http';
import { inspect } from 'node:util';

import './light-dockerode.ts';
import Docker from 'dockerode';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import { withDeadline } from './deadline.ts';
import type { FailedSocket } from './errors.ts';
import { requestError, statusOf, unreachable } from './errors.ts';
import type { SocketOptions } from './socket.ts';
import { socketCandidates } from './socket.ts';

/** Milliseconds that an ordinary call may take. */
export const CALL_DEADLINE_MS = 10_000;
/** Milliseconds that creating, starting or removing a container may take. */
export const SLOW_DEADLINE_MS = 30_000;

const MAX_CALLS_AT_ONCE = 32;

/** The way to one engine. It is found at the first call, and again after it was lost. */
export interface Connection {
  /** One request and its answer, within a deadline. `what` is for errors: `list the containers`. */
  call<T>(
    what: string,
    run: (docker: Docker, signal: AbortSignal) => Promise<T>,
    deadlineMs?: number,
  ): Promise<T>;
  /**
   * Opens a stream, which then rejects as a call does. The deadline is for its beginning; `signal` ends it, and must
   * be aborted when nobody reads any more.
   */
  open(
    what: string,
    signal: AbortSignal,
    run: (docker: Docker, signal: AbortSignal) => Promise<NodeJS.ReadableStream>,
    deadlineMs?: number,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** The client for requests that last: builds. Without deadline. */
  unlimited(): Promise<Docker>;
  close(): void;
}

interface Found {
  readonly socket: string;
  readonly calls: Docker;
  readonly streams: Docker;
}

/** Connects to nothing yet. No API version is sent, so that the engine answers with its own. */
export function connect(options: SocketOptions, clock: Clock): Connection {
  const callAgent = quietAgent(MAX_CALLS_AT_ONCE);
  const streamAgent = quietAgent(Number.POSITIVE_INFINITY);
  let known: Promise<Found> | undefined;

  const find = async (): Promise<Found> => {
    const failed: FailedSocket[] = [];
    for (const socket of socketCandidates(options)) {
      const calls = client(socket, callAgent);
      try {
        await withDeadline(
          clock,
          CALL_DEADLINE_MS,
          () => late('answer', CALL_DEADLINE_MS),
          (abortSignal) => ping(calls, abortSignal),
        );
        return { socket, calls, streams: client(socket, streamAgent) };
      } catch (error) {
        if (error instanceof FaasoError) throw error;
        failed.push({ path: socket, error });
      }
    }
    throw unreachable(failed);
  };

  const found = (): Promise<Found> => {
    known ??= find().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  const failure = (what: string, socket: string, error: unknown): FaasoError => {
    if (statusOf(error) === undefined && !(error instanceof FaasoError)) known = undefined;
    return requestError(what, socket, error);
  };

  return {
    async call(what, run, deadlineMs = CALL_DEADLINE_MS) {
      const { calls, socket } = await found();
      try {
        return await withDeadline(
          clock,
          deadlineMs,
          () => late(what, deadlineMs),
          (signal) => run(calls, signal),
        );
      } catch (error) {
        throw failure(what, socket, error);
      }
    },
    async open(what, signal, run, deadlineMs = CALL_DEADLINE_MS) {
      signal.throwIfAborted();
      const { streams, socket } = await found();
      try {
        const stream = await withDeadline(
          clock,
          deadlineMs,
          () => late(what, deadlineMs),
          (deadline) => run(streams, AbortSignal.any([deadline, signal])),
        );
        return chunks(stream, (error) => failure(what, socket, error));
      } catch (error) {
        signal.throwIfAborted();
        throw failure(what, socket, error);
      }
    },
    async unlimited() {
      return (await found()).streams;
    },
    close() {
      callAgent.destroy();
      streamAgent.destroy();
    },
  };
}

async function* chunks(
  stream: NodeJS.ReadableStream,
  failure: (error: unknown) => FaasoError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (error) {
    throw failure(error);
  }
}

/** A connection per call: over a unix socket it costs nothing, and one that an engine closed is never used again. */
function quietAgent(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: false, maxSockets });
  // docker-modem formats every request with all that hangs on it, whether or not anybody reads that.
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

function client(socketPath: string, agent: Agent): Docker {
  // Where `host` is left out, docker-modem takes the one of the environment. `agent` is missing in the types.
  const options: Docker.DockerOptions & { readonly agent: Agent } = { socketPath, host: undefined, agent };
  return new Docker(options);
}

async function ping(docker: Docker, abortSignal: AbortSignal): Promise<void> {
  // The types leave the options out.
  const send: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown> = docker.ping.bind(docker);
  await send({ abortSignal });
}

function late(what: string, ms: number): FaasoError {
  return new FaasoError('engine-timeout', `the engine took longer than ${ms / 1000} s to ${what}`, {
    hint: 'look whether the engine hangs: docker info; its log: journalctl -u docker',
  });
}
