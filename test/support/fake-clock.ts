import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Sleepers wake in the order of their times. */
export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  /** `start`: milliseconds since 1970. */
  constructor(start = Date.UTC(2030, 0, 1)) {
    this.#now = start;
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        due: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves on by `ms`, waking who is due on the way; what they do without input or output is done when this resolves. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (let next = this.#next(); next !== undefined && next.due <= end; next = this.#next()) {
      await this.#wake(next);
    }
    this.#now = end;
    await turn();
  }

  /**
   * Jumps from sleeper to sleeper until `work` is over, as if nothing but sleeping took time; by `limitMs` at most,
   * since what waits for a socket meanwhile does not know how fast time flies.
   */
  async during<Result>(work: Promise<Result>, limitMs = Infinity): Promise<Result> {
    const limit = this.#now + limitMs;
    let over = false;
    const noteEnd = (): void => {
      over = true;
    };
    work.then(noteEnd, noteEnd);
    // A millisecond of real time for real sockets between two jumps.
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const next = this.#next();
      if (next !== undefined && next.due <= limit) await this.#wake(next);
    }
    return await work;
  }

  /** Jumps from sleeper to sleeper, by `limitMs` at most, until `question` is answered with true. */
  async until(what: string, question: () => boolean | Promise<boolean>, limitMs = 600_000): Promise<void> {
    const asked = async (): Promise<void> => {
      const giveUp = performance.now() + 4000;
      while (!(await question())) {
        if (performance.now() > giveUp) throw new Error(`never happened: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await this.during(asked(), limitMs);
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.due < next.due) next = sleeper;
    return next;
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#sleepers.delete(sleeper);
    this.#now = Math.max(this.#now, sleeper.due);
    sleeper.wake();
    await turn();
  }
}

/** Lets every promise that is settled have its say. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
