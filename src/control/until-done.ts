import pRetry from 'p-retry';

import { toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';

/**
 * Does `work` again, after pauses that double from `firstMs` to `lastMs`, as long as it fails with what may pass by
 * itself; `onRetry` is told each time. Rejects with anything else, and with the signal's reason.
 */
export async function untilDone<Result>(
  work: () => Promise<Result>,
  pauses: { readonly firstMs: number; readonly lastMs: number },
  signal: AbortSignal,
  onRetry: (error: FaasoError) => void | Promise<void>,
): Promise<Result> {
  return await pRetry(work, {
    retries: Infinity,
    minTimeout: pauses.firstMs,
    maxTimeout: pauses.lastMs,
    signal,
    shouldRetry: ({ error }) => toFaasoError(error).kind.retryable,
    onFailedAttempt: async ({ error }) => {
      const known = toFaasoError(error);
      if (known.kind.retryable) await onRetry(known);
    },
  });
}
