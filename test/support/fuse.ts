/** The process died here: nothing that it would have done afterwards happens. */
class Killed extends Error {}

/**
 * Counts calls that change something outside of the process, and kills the process at one of them: every call from
 * then on rejects, as nothing reaches the world any more from a process that is gone.
 */
export class Fuse {
  /** How many calls go on now. */
  pending = 0;
  /** Names of the calls so far. */
  readonly calls: string[] = [];
  dead = false;
  #at = Infinity;
  #when: 'before' | 'after' = 'before';

  /** Kills at call number `at` from now on (1 = the next), before it has an effect or right after. */
  arm(at: number, when: 'before' | 'after'): void {
    this.calls.length = 0;
    this.#at = at;
    this.#when = when;
  }

  async call<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.check();
    this.calls.push(name);
    const last = this.calls.length === this.#at;
    if (last && this.#when === 'before') this.dead = true;
    this.check();
    const result = await work();
    if (last) this.dead = true;
    this.check();
    return result;
  }

  check(): void {
    if (this.dead) throw new Killed('killed');
  }

  /**
   * `target` with the fuse in front of the named methods; all others only need a living process. `waits`: methods that
   * are not counted as {@link pending}, because they wait for what others do.
   */
  guard<Target extends object>(
    target: Target,
    writes: readonly (keyof Target & string)[],
    waits: readonly (keyof Target & string)[] = [],
  ): Target {
    return new Proxy(target, {
      get: (object, key): unknown => {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          const invoke = (): unknown => Reflect.apply(value, object, args);
          if (writes.some((name) => name === key)) {
            return this.#counted(this.call(String(key), () => invoke() as Promise<unknown>));
          }
          this.check();
          const result = invoke();
          return result instanceof Promise && !waits.some((name) => name === key)
            ? this.#counted(result)
            : result;
        };
      },
    });
  }

  async #counted<Result>(result: Promise<Result>): Promise<Result> {
    this.pending += 1;
    try {
      return await result;
    } finally {
      this.pending -= 1;
    }
  }
}
