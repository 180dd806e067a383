import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Sleepers wake in the order of their times. */
export class FakeClock implements Clock {
  /** Whether something goes on that takes real time; nobody is woken meanwhile by {@link during}. */
  busy: () => boolean = () => false;
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

  /** Jumps from sleeper to sleeper, by `limitMs` at most, until `work` is over: as if only sleeping took time. */
  async during<Result>(work: Promise<Result>, limitMs = Infinity): Promise<Result> {
    let over = false;
    const noteEnd = (): void => {
      over = true;
    };
    work.then(noteEnd, noteEnd);
    await this.#jump(() => over, this.#now + limitMs);
    return await work;
  }

  /** As {@link during}, until `question` is answered with true; it is asked after every jump. */
  async until(what: string, question: () => boolean | Promise<boolean>, limitMs = 600_000): Promise<void> {
    const giveUp = performance.now() + 4000;
    const asked = async (): Promise<boolean> => {
      if (performance.now() > giveUp) throw new Error(`never happened: ${what}`);
      return await question();
    };
    await this.#jump(asked, this.#now + limitMs);
  }

  async #jump(isOver: () => boolean | Promise<boolean>, limit: number): Promise<void> {
    for (await this.#idle(); !(await isOver()); await this.#idle()) {
      const next = this.#next();
      if (next !== undefined && next.due <= limit) await this.#wake(next);
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Several turns in a row without anything that takes real time. */
  async #idle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet = this.busy() ? 0 : quiet + 1) {
      await (this.busy() ? new Promise((resolve) => setTimeout(resolve, 1)) : turn());
    }
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
