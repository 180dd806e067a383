import type { Clock } from '../../core/clock.ts';
import type { HookEvent } from './event.ts';

const QUEUE_LIMIT = 100;
const TRIES = 2;
const PAUSE_MS = 1000;

export interface DeliveryParts {
  readonly clock: Clock;
  /** Rejects when the event could not be delivered. */
  readonly call: (event: HookEvent, signal: AbortSignal) => Promise<void>;
  /** Told once of each event that was given up. */
  readonly onError: (error: unknown) => void;
}

/** Delivers events one after another, each tried twice. Whoever pushes one never waits. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #stop = new AbortController();
  #waiting: HookEvent[] = [];
  #dropped = 0;
  #working: Promise<void> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  push(event: HookEvent): void {
    if (this.#stop.signal.aborted) return;
    if (this.#waiting.length === QUEUE_LIMIT) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push(event);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Ends what is being delivered; what waits is not delivered any more. */
  async close(): Promise<void> {
    this.#waiting = [];
    this.#stop.abort(new Error('closed'));
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      if (!(await this.#deliver({ ...event, dropped }))) this.#dropped += dropped + 1;
    }
  }

  async #deliver(event: HookEvent): Promise<boolean> {
    const { clock, call, onError } = this.#parts;
    const { signal } = this.#stop;
    for (let tries = 1; ; tries += 1) {
      try {
        await call(event, signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (tries === TRIES) {
          onError(error);
          return false;
        }
      }
      await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }
}
