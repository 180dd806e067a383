import type { Clock } from '../core/clock.ts';

/** How a piece of work ended. */
export type WorkOutcome = { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number };

export const done: WorkOutcome = { kind: 'done' };

export function again(afterMs: number): WorkOutcome {
  return { kind: 'again', afterMs };
}

interface Entry {
  running: boolean;
  /** Asked for again while it ran. */
  dirty: boolean;
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

  /** Asks for a run of `key`, now or in `afterMs`. An earlier one that is due already wins. */
  enqueue(key: Key, afterMs = 0): void {
    if (this.#closed) return;
    const entry = this.#entry(key);
    if (entry.running) {
      if (afterMs <= 0) entry.dirty = true;
      return;
    }
    const { clock } = this.#options;
    const due = clock.now() + afterMs;
    if (entry.timer !== undefined) {
      if (entry.due <= due) return;
      entry.timer.abort(new Error('superseded'));
    }
    const timer = new AbortController();
    entry.timer = timer;
    entry.due = due;
    const start = (): void => {
      if (entry.timer === timer) void this.#run(key, entry);
    };
    if (afterMs <= 0) queueMicrotask(start);
    else void clock.sleep(afterMs, timer.signal).then(start, () => undefined);
  }

  /** Resolves after a run of `key` that began after this call; rejects with what it threw. */
  run(key: Key): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error('the queue is closed'));
        return;
      }
      this.#entry(key).waiting.push({ resolve, reject });
      this.enqueue(key);
    });
  }

  /** Takes no more work; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const running: Promise<void>[] = [];
    for (const entry of this.#entries.values()) {
      entry.timer?.abort(new Error('the queue is closed'));
      if (entry.running)
        running.push(new Promise((resolve) => entry.waiting.push({ resolve, reject: () => resolve() })));
    }
    await Promise.all(running);
  }

  #entry(key: Key): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { running: false, dirty: false, timer: undefined, due: 0, errors: 0, waiting: [] };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  async #run(key: Key, entry: Entry): Promise<void> {
    entry.timer = undefined;
    entry.running = true;
    entry.dirty = false;
    const waiting = entry.waiting;
    entry.waiting = [];
    let next: number | undefined;
    try {
      const outcome = await this.#options.work(key);
      entry.errors = 0;
      if (outcome.kind === 'again') next = outcome.afterMs;
      for (const waiter of waiting) waiter.resolve();
    } catch (error) {
      entry.errors += 1;
      next = Math.min(ERROR_FIRST_MS * 2 ** (entry.errors - 1), ERROR_LAST_MS);
      if (waiting.length === 0) this.#options.onError(key, error);
      for (const waiter of waiting) waiter.reject(error);
    }
    entry.running = false;
    if (this.#closed) {
      for (const waiter of entry.waiting) waiter.resolve();
      return;
    }
    if (entry.dirty || entry.waiting.length > 0) this.enqueue(key);
    else if (next !== undefined) this.enqueue(key, next);
  }
}
