import { randomUUID } from 'node:crypto';

import { systemClock } from '../core/clock.ts';
import { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Listener } from './api.ts';

/** Gives every event of one run its id and time. */
export function emitter(runId: string, listener: Listener): Emit {
  return (event) => listener({ runId, at: systemClock.now(), ...event });
}

export function newRunId(): string {
  return randomUUID().slice(0, 8);
}

interface Running {
  readonly runId: string;
  /** Who asked for it, for people. */
  readonly by: string;
  /** ISO 8601. */
  readonly since: string;
}

/** One writer: runs go one after another, and one that waits is told for whom. */
export class Runs {
  #current: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when all that began, or waits for its turn, has ended. */
  async ended(): Promise<void> {
    await this.#last;
  }

  /**
   * Runs `work` when all earlier runs have ended. Rejects with `interrupted` when `signal` aborts while it waits.
   * Callers pass their whole request; no more than the id and `by` of it may reach others, as its environment holds secrets.
   */
  async inTurn<Result>(
    { runId, by }: { readonly runId: string; readonly by: string },
    emit: Emit,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#current !== undefined) emit({ kind: 'run-waiting', for: this.#current });
    const before = this.#last;
    const { promise: ended, resolve: end } = deferred();
    // One that gives up waiting lets nobody pass those before it.
    this.#last = before.then(() => ended);
    try {
      await unlessAborted(before, signal);
      this.#current = { runId, by, since: new Date(systemClock.now()).toISOString() };
      try {
        return await work();
      } finally {
        this.#current = undefined;
      }
    } finally {
      end();
    }
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function unlessAborted(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener('abort', onAbort, { once: true });
  });
  if (!signal.aborted) await Promise.race([before, aborted]);
  signal.removeEventListener('abort', onAbort);
  if (signal.aborted) throw new FaasoError('interrupted', 'cancelled before it began; nothing was changed');
}
