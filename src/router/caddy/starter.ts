import type { Clock } from '../../core/clock.ts';
import type { FaasoError } from '../../core/errors.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { cannotListen, doesNotStart, ended } from './faults.ts';
import type { Started } from './place.ts';
import { afterAnswer, afterStart, leftMs, noRestarts } from './restarts.ts';

const START_MS = 15_000;
const POLL_MS = 50;

/** Starts Caddy, less and less often while it keeps ending. */
export class Starter {
  readonly #clock: Clock;
  readonly #check: () => Promise<unknown>;
  #restarts = noRestarts;
  #failure: unknown;

  /** `check` rejects where there is no Caddy to start. */
  constructor(clock: Clock, check: () => Promise<unknown>) {
    this.#clock = clock;
    this.#check = check;
  }

  /** When it is started again at the earliest; `undefined`: at once. */
  get retryAt(): number | undefined {
    const now = this.#clock.now();
    const left = leftMs(this.#restarts, now);
    return left === 0 ? undefined : now + left;
  }

  /** Somebody asks for it now: what failed before does not count. */
  forget(): void {
    this.#restarts = noRestarts;
  }

  /** It answers. */
  seen(): void {
    this.#restarts = afterAnswer(this.#restarts, this.#clock.now());
    this.#failure = undefined;
  }

  /**
   * Resolves when it answers, by what `answers` says. Rejects with why it does not: while it is too early for another
   * try, with what the one before ended with.
   */
  async start(
    launch: () => Promise<Started>,
    settings: RouterSettings,
    answers: () => Promise<boolean>,
  ): Promise<Started> {
    if (this.retryAt !== undefined) throw this.#failure ?? ended();
    this.#restarts = afterStart(this.#restarts, this.#clock.now());
    try {
      await this.#check();
      const started = await launch();
      const deadline = this.#clock.now() + START_MS;
      while (!(await answers())) {
        if (started.exitCode() !== null || this.#clock.now() > deadline)
          throw await notStarted(settings, await started.lastWords());
        await this.#clock.sleep(POLL_MS);
      }
      this.seen();
      return started;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

async function notStarted(settings: RouterSettings, words: string): Promise<FaasoError> {
  return (await cannotListen(settings, new Error(words))) ?? doesNotStart(words);
}
