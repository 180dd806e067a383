import type { Clock } from '../../core/clock.ts';
import type { ImageInfo } from '../engine.ts';
import type { Connection } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { findImage } from './images.ts';
import { jsonLines } from './json-lines.ts';
import { pullError } from './pull-failure.ts';
import type { RegistryLogin } from './registry-auth.ts';
import { loginOf, registryOf } from './registry-auth.ts';
import type { SocketOptions } from './socket.ts';

/** Until the registry has answered. The engine itself would go on trying for minutes. */
const FIRST_ANSWER_MS = 15_000;
/** Between two signs of progress. */
const PROGRESS_MS = 120_000;

/**
 * Pulls an image, with the login that Docker keeps for its registry in the user's home. Rejects with `image-missing`,
 * or with the signal's reason.
 */
export async function pullImage(
  connection: Connection,
  clock: Clock,
  env: SocketOptions['env'],
  reference: string,
  signal: AbortSignal,
): Promise<ImageInfo> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const login = await loginOf(env, registryOf(reference));
  try {
    await pull(connection, clock, reference, login, AbortSignal.any([signal, ended.signal]));
  } catch (error) {
    signal.throwIfAborted();
    throw pullError(reference, error, login !== undefined);
  } finally {
    ended.abort();
  }
  const image = await findImage(connection, reference);
  if (image !== undefined) return image;
  throw pullError(reference, new Error('it was removed again by somebody else'), false);
}

/** A failure arrives as a status before the first line of progress, and as a line after it. */
async function pull(
  connection: Connection,
  clock: Clock,
  reference: string,
  login: RegistryLogin | undefined,
  signal: AbortSignal,
): Promise<void> {
  const stream = await connection.open(
    `pull ${reference}`,
    signal,
    (docker, abortSignal) =>
      docker.pull(reference, { ...(login === undefined ? {} : { authconfig: login }), abortSignal }),
    FIRST_ANSWER_MS,
  );
  const lines = jsonLines(stream);
  for (;;) {
    const { done, value } = await withDeadline(
      clock,
      PROGRESS_MS,
      () => new Error(`no progress for ${PROGRESS_MS / 1000} s`),
      () => lines.next(),
    );
    if (done === true) return;
    if (typeof value['error'] === 'string') throw new Error(value['error']);
  }
}
