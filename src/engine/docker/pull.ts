import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { ImageInfo } from '../engine.ts';
import type { Connection } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { noSpace, saysNoSpace, wordsOf } from './errors.ts';
import { findImage } from './images.ts';
import { jsonLines } from './json-lines.ts';

/** Until the registry has answered. The engine itself would go on trying for minutes. */
const FIRST_ANSWER_MS = 15_000;
/** Between two signs of progress. */
const PROGRESS_MS = 120_000;

/** Pulls an image. Rejects with `image-missing`, or with the signal's reason. */
export async function pullImage(
  connection: Connection,
  clock: Clock,
  reference: string,
  signal: AbortSignal,
): Promise<ImageInfo> {
  const ended = new AbortController();
  try {
    await pull(connection, clock, reference, AbortSignal.any([signal, ended.signal]));
  } catch (error) {
    signal.throwIfAborted();
    throw pullError(reference, error);
  } finally {
    ended.abort();
  }
  const image = await findImage(connection, reference);
  if (image !== undefined) return image;
  throw pullError(reference, new Error('it was removed again by somebody else'));
}

/** A failure arrives as a status before the first line of progress, and as a line after it. */
async function pull(
  connection: Connection,
  clock: Clock,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const stream = await connection.open(
    `pull ${reference}`,
    signal,
    (docker, abortSignal) => docker.pull(reference, { abortSignal }),
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

function pullError(reference: string, error: unknown): FaasoError {
  if (error instanceof FaasoError && (error.code === 'engine-unreachable' || error.code === 'no-space'))
    return error;
  const words = wordsOf(error);
  if (saysNoSpace(words)) return noSpace(words, error);
  return new FaasoError(
    'image-missing',
    `the image ${reference} is not on the engine and could not be pulled`,
    {
      details: [words],
      hint: `check the name and the network, or load it by hand: docker pull ${reference}`,
      cause: error,
    },
  );
}
