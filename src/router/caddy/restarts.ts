/** When a Caddy that keeps ending is started again. Pure. */

const FIRST_MS = 1000;
/** Shorter than that of a function: while Caddy is away nothing is served. */
const LAST_MS = 60_000;
/** One that answered for this long was well. */
const STEADY_MS = 10_000;

/** What is remembered of a Caddy's starts. */
export interface Restarts {
  /** In a row, since it was well. */
  readonly count: number;
  /** The first and the last time that it answered, of those since its last start. */
  readonly answered?: { readonly first: number; readonly last: number };
  /** It is not started before. */
  readonly next: number;
}

export const noRestarts: Restarts = { count: 0, next: 0 };

/** Notes that it answers. */
export function afterAnswer(before: Restarts, now: number): Restarts {
  return { ...before, answered: { first: before.answered?.first ?? now, last: now } };
}

/** Notes a start. The first one after a good time may be followed at once, the others after 1 s doubling to 60 s. */
export function afterStart({ count: before, answered }: Restarts, now: number): Restarts {
  const isSteady = answered !== undefined && answered.last - answered.first >= STEADY_MS;
  const count = isSteady ? 1 : before + 1;
  return { count, next: count === 1 ? now : now + Math.min(FIRST_MS * 2 ** (count - 2), LAST_MS) };
}

/** Milliseconds until it may be started. More than any pause means that the clock was set back: none is left then. */
export function leftMs({ next }: Restarts, now: number): number {
  const left = next - now;
  return left > LAST_MS ? 0 : Math.max(0, left);
}
