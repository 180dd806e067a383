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
  readonly since: number;
}

/** One writer: runs go one after another, and one that waits is told for whom. */
export class Runs {
  #current: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all earlier runs have ended. Rejects with `interrupted` when `signal` aborts while it waits. */
  async inTurn<Result>(
    run: { readonly runId: string; readonly by: string },
    emit: Emit,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#current !== undefined) emit({ kind: 'run-waiting', for: this.#current });
    const before = this.#last;
    let end = (): void => undefined;
    this.#last = new Promise<void>((resolve) => {
      end = resolve;
    });
    try {
      await before;
      if (signal.aborted)
        throw new FaasoError('interrupted', 'cancelled before it began; nothing was changed');
      this.#current = { ...run, since: systemClock.now() };
      return await work();
    } finally {
      this.#current = undefined;
      end();
    }
  }
}
