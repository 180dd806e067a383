import type { Concurrency } from '../../../core/specs.ts';

/** A request that waits for its turn. */
interface Waiter {
  readonly go: () => void;
  readonly tooLong: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** Lets so many requests of a route be under way at once; others wait in their order. */
export class Turns {
  private limit: Concurrency | undefined;
  private taken = 0;
  private readonly waiters = new Set<Waiter>();

  constructor(limit: Concurrency) {
    this.limit = limit;
  }

  /** `undefined`: there is no limit any more. */
  set(limit: Concurrency | undefined): void {
    this.limit = limit;
    while (this.taken < this.most && this.next());
  }

  get waiting(): number {
    return this.waiters.size;
  }

  /** Takes a turn if one is free. Each is to be given back once by {@link leave}. */
  enter(): boolean {
    if (this.taken >= this.most || this.waiters.size > 0) return false;
    this.taken++;
    return true;
  }

  leave(): void {
    this.taken--;
    if (this.taken < this.most) this.next();
  }

  /**
   * Waits for a turn: `go` is called when it was taken, `tooLong` when the time is over. Returns how to stop waiting, or
   * `undefined` when too many wait already.
   */
  wait(go: () => void, tooLong: () => void): (() => void) | undefined {
    if (this.limit === undefined || this.waiters.size >= this.limit.queue) return undefined;
    const waiter: Waiter = { go, tooLong, timer: undefined };
    const stop = (): void => {
      clearTimeout(waiter.timer);
      this.waiters.delete(waiter);
    };
    waiter.timer = setTimeout(() => {
      stop();
      tooLong();
    }, this.limit.waitMs);
    this.waiters.add(waiter);
    return stop;
  }

  private get most(): number {
    return this.limit?.requests ?? Infinity;
  }

  /** The turn is taken now; the request goes on after what is being done. Returns whether there was one. */
  private next(): boolean {
    const [first] = this.waiters;
    if (first === undefined) return false;
    clearTimeout(first.timer);
    this.waiters.delete(first);
    this.taken++;
    queueMicrotask(first.go);
    return true;
  }
}
