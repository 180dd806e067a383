import type { Clock } from '../../core/clock.ts';

/**
 * Runs with a signal that aborts after `ms` milliseconds, and rejects with `late()` at that moment even when `run`
 * does not heed the signal: the HTTP client never settles when a connection breaks off in the middle of an answer.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  late: () => Error,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  const expiry = clock.sleep(ms, done.signal).then((): never => {
    const error = late();
    deadline.abort(error);
    throw error;
  });
  expiry.catch(() => undefined);
  try {
    return await Promise.race([run(deadline.signal), expiry]);
  } finally {
    done.abort();
  }
}
