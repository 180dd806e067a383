/** When a function that keeps failing is started again. Pure. */

const FIRST_MS = 1000;
const LAST_MS = 300_000;
const RESET_AFTER_MS = 600_000;
const LOOP_RESTARTS = 5;
const LOOP_WINDOW_MS = 60_000;

/** What is remembered of a function's failures. A new release begins with {@link noFailures}. */
export interface Failures {
  /** In a row, since the last ten healthy minutes. */
  readonly count: number;
  /** Times of the last restarts, newest last. */
  readonly restartedAt: readonly number[];
  /** All restarts of this release. */
  readonly restarts: number;
  /** Five restarts came within a minute. */
  readonly looping: boolean;
}

export const noFailures: Failures = { count: 0, restartedAt: [], restarts: 0, looping: false };

/** Notes a failure of an instance that was healthy for `healthyMs`; ten healthy minutes wipe the slate. */
export function afterFailure(before: Failures, healthyMs: number): Failures {
  const base = healthyMs >= RESET_AFTER_MS ? { ...noFailures, restarts: before.restarts } : before;
  return { ...base, count: base.count + 1 };
}

/** Notes a restart. */
export function afterRestart(before: Failures, now: number): Failures {
  const restartedAt = [...before.restartedAt, now].slice(-LOOP_RESTARTS);
  const [oldest = now] = restartedAt;
  const looping = before.looping || (restartedAt.length === LOOP_RESTARTS && now - oldest <= LOOP_WINDOW_MS);
  return { ...before, restartedAt, looping, restarts: before.restarts + 1 };
}

/** Milliseconds left until `until`. More than any delay means that the clock was set back: none is left then. */
export function leftMs(until: number, now: number): number {
  const left = until - now;
  return left > 2 * LAST_MS ? 0 : Math.max(0, left);
}

/**
 * Milliseconds until the next try: 1 s doubling to 300 s, with up to a tenth of jitter so that functions which fell
 * together do not rise together. `random` is in [0, 1).
 */
export function delayMs(failures: Failures, random: number): number {
  const exact = Math.min(FIRST_MS * 2 ** Math.max(0, failures.count - 1), LAST_MS);
  return Math.round(exact * (1 + random / 10));
}
