import type Dockerode from 'dockerode';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

import { FaasoError } from '../../../core/errors.ts';
import type { BuildRequest, BuildResult } from '../../engine.ts';
import { statusOf, wordsOf } from '../errors.ts';
import { buildFailure } from './failure.ts';
import { Progress } from './progress.ts';
import type { BuildAnswer } from './response.ts';
import { readAnswer } from './response.ts';
import type { Session } from './session.ts';
import { openSession } from './session.ts';

/** How long the engine may take to end a cancelled build before its connection is closed. */
const CANCEL_MS = 3_000;

/**
 * Builds an image with BuildKit over the engine's API. `onLine` gets plain lines: one for each instruction and
 * what the instructions write. Rejects with `build-failed`, naming the step; with the context's own error when
 * reading it failed; after an abort with the signal's reason, once the engine has ended the build. It leaves no
 * image behind then.
 */
export async function buildImage(
  docker: Dockerode,
  request: BuildRequest,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<BuildResult> {
  signal.throwIfAborted();
  const buildId = randomUUID();
  const context = Readable.from(request.context);
  const progress = new Progress(onLine);
  const cancellation = cancelOnAbort(docker, buildId, signal);
  let session: Session | undefined;
  try {
    session = await openSession(docker, request.secrets, cancellation.connection);
    const query = buildQuery(request, buildId, session.id);
    const answer = await post(docker, query, context, progress, cancellation.connection);
    signal.throwIfAborted();
    return result(answer, context, progress);
  } catch (error) {
    signal.throwIfAborted();
    throw session === undefined ? notOpened(error) : error;
  } finally {
    await cancellation.end();
    context.destroy();
    session?.close();
  }
}

function result(answer: BuildAnswer, context: Readable, progress: Progress): BuildResult {
  if (answer.kind === 'image') return { imageId: answer.id, cached: progress.cached };
  // A context that cannot be read breaks the upload, which the engine reports as a failure of its own.
  if (context.errored) throw context.errored;
  if (answer.kind === 'error') throw buildFailure(answer.message, progress.failed);
  throw gone(answer.cause);
}

function notOpened(error: unknown): FaasoError {
  if (statusOf(error) === undefined) return gone(error);
  return new FaasoError('engine-unsupported', `the engine opens no BuildKit session: ${wordsOf(error)}`, {
    hint: 'faaso needs Docker Engine 20.10 or later with BuildKit',
    cause: error,
  });
}

function gone(cause: unknown): FaasoError {
  return new FaasoError('engine-unreachable', 'the engine went away during the build', {
    hint: 'once it answers, apply again: docker info',
    cause,
  });
}

function buildQuery(request: BuildRequest, buildId: string, sessionId: string): Record<string, string> {
  return {
    version: '2',
    t: request.tag,
    buildid: buildId,
    session: sessionId,
    buildargs: JSON.stringify(request.args),
    labels: JSON.stringify(request.labels),
    ...(request.noCache ? { nocache: '1' } : {}),
    ...(request.pull ? { pull: '1' } : {}),
  };
}

async function post(
  docker: Dockerode,
  query: Readonly<Record<string, string>>,
  context: Readable,
  progress: Progress,
  signal: AbortSignal,
): Promise<BuildAnswer> {
  const request = {
    path: '/build?',
    method: 'POST',
    file: context,
    options: { ...query },
    isStream: true,
    abortSignal: signal,
    statusCodes: { 200: true, 400: 'bad parameter', 500: 'server error' },
  };
  try {
    const response = await new Promise<Readable>((resolve, reject) => {
      docker.modem.dial(request, (error: unknown, stream: unknown) => {
        if (error === null || error === undefined) resolve(stream as Readable);
        else reject(error as Error);
      });
    });
    return await readAnswer(response, progress);
  } catch (error) {
    // A build that fails before its first line of progress is answered with a plain error status.
    const refused = error instanceof Error && 'json' in error;
    return refused ? { kind: 'error', message: refusal(error) } : { kind: 'cut', cause: error };
  }
}

function refusal(error: Error & { readonly json: unknown }): string {
  const body = error.json;
  return typeof body === 'object' && body !== null && 'message' in body
    ? String(body.message)
    : error.message;
}

interface Cancellation {
  /** Aborts the build's connections when the engine does not end a cancelled build by itself. */
  readonly connection: AbortSignal;
  end(): Promise<void>;
}

/**
 * On an abort ends the build in the engine: by its id, so that the engine says in the stream when it has ended;
 * and some seconds later by closing the connections, for when the engine hangs or got the request only after
 * the cancellation.
 */
function cancelOnAbort(docker: Dockerode, buildId: string, signal: AbortSignal): Cancellation {
  const connection = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let call: Promise<void> | undefined;
  const start = (): void => {
    timer = setTimeout(() => connection.abort(), CANCEL_MS);
    call = cancelBuild(docker, buildId);
  };
  signal.addEventListener('abort', start, { once: true });
  return {
    connection: connection.signal,
    end: async () => {
      signal.removeEventListener('abort', start);
      await call;
      clearTimeout(timer);
    },
  };
}

/** Whether it worked shows in the build's own stream, so a failure here is none. */
function cancelBuild(docker: Dockerode, buildId: string): Promise<void> {
  const request = {
    path: '/build/cancel?',
    method: 'POST',
    options: { _query: { id: buildId }, _body: {} },
    abortSignal: AbortSignal.timeout(CANCEL_MS),
    statusCodes: { 200: true },
  };
  return new Promise((resolve) => {
    docker.modem.dial(request, () => resolve());
  });
}
