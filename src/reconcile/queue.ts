import type { Clock } from '../core/clock.ts';
import { FaasoError } from '../core/errors.ts';

/** How a piece of work ended. */
export type WorkOutcome = { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number };

export const done: WorkOutcome = { kind: 'done' };

export function again(afterMs: number): WorkOutcome {
  return { kind: 'again', afterMs };
}

interface Entry {
  running: boolean;
  /** The run that goes on, or the last one. Never rejects. */
  ended: Promise<void>;
  /** When a run was asked for while another went on; the earliest time counts. */
  wanted: number | undefined;
  timer: AbortController | undefined;
  /** When the timer ends. */
  due: number;
  /** Errors in a row. */
  errors: number;
  /** Those who wait for the next whole run. */
  waiting: Waiter[];
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const ERROR_FIRST_MS = 1000;
const ERROR_LAST_MS = 30_000;

export interface QueueOptions<Key> {
  readonly clock: Clock;
  readonly work: (key: Key) => Promise<WorkOutcome>;
  /** Called for errors that no waiter is told of. */
  readonly onError: (key: Key, error: unknown) => void;
}

/**
 * Runs work by key: never twice at a time for one key, once more when it was asked for meanwhile, later when the
 * work says so, and with back-off (1 s to 30 s) when it throws. Level, not edge: a key carries no message.
 */
export class KeyedQueue<Key> {
  readonly #options: QueueOptions<Key>;
  readonly #entries = new Map<Key, Entry>();
  #closed = false;

  constructor(options: QueueOptions<Key>) {
    this.#options = options;
  }

  /** Asks for a run of `key`, now or in `afterMs`. Of two that wait the earlier one counts. */
  enqueue(key: Key, afterMs = 0): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const entry = this.#entry(key);
    const due = clock.now() + Math.max(0, afterMs);
    if (entry.running) {
      entry.wanted = Math.min(entry.wanted ?? due, due);
      return;
    }
    if (entry.timer !== undefined) {
      // Timers do not follow a clock that is set, or that went on while the machine slept: now means now.
      if (afterMs > 0 && entry.due <= due) return;
      entry.timer.abort(new Error('superseded'));
    }
    const timer = new AbortController();
    entry.timer = timer;
    entry.due = due;
    const start = (): void => {
      if (entry.timer === timer) entry.ended = this.#run(key, entry);
    };
    if (afterMs <= 0) queueMicrotask(start);
    else void clock.sleep(afterMs, timer.signal).then(start, () => undefined);
  }

  /** Resolves after a run of `key` that began after this call; rejects with what it threw, or `interrupted`. */
  run(key: Key): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(closedError());
        return;
      }
      this.#entry(key).waiting.push({ resolve, reject });
      this.enqueue(key);
    });
  }

  /** Takes no more work and tells those who wait; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) {
      entry.timer?.abort(new Error('the queue is closed'));
      entry.timer = undefined;
      for (const waiter of entry.waiting.splice(0)) waiter.reject(closedError());
    }
    await Promise.all([...this.#entries.values()].map((entry) => entry.ended));
  }

  #entry(key: Key): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        running: false,
        ended: Promise.resolve(),
        wanted: undefined,
        timer: undefined,
        due: 0,
        errors: 0,
        waiting: [],
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  async #run(key: Key, entry: Entry): Promise<void> {
    const { clock, work, onError } = this.#options;
    entry.timer = undefined;
    entry.wanted = undefined;
    entry.running = true;
    const waiting = entry.waiting.splice(0);
    let nextMs: number | undefined;
    try {
      const outcome = await work(key);
      entry.errors = 0;
      if (outcome.kind === 'again') nextMs = outcome.afterMs;
      for (const waiter of waiting) waiter.resolve();
    } catch (error) {
      entry.errors += 1;
      nextMs = Math.min(ERROR_FIRST_MS * 2 ** (entry.errors - 1), ERROR_LAST_MS);
      if (waiting.length === 0) onError(key, error);
      for (const waiter of waiting) waiter.reject(error);
    }
    entry.running = false;
    const wantedMs = entry.wanted === undefined ? Infinity : entry.wanted - clock.now();
    const afterMs = Math.min(wantedMs, nextMs ?? Infinity);
    if (afterMs < Infinity) this.enqueue(key, afterMs);
  }
}

function closedError(): FaasoError {
  return new FaasoError('interrupted', 'faaso stops; the next start goes on from here');
}
