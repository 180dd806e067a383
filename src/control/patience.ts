/** Waits for so long at a time, and only while it is told to. */
export class Patience {
  readonly #ms: number;
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, onLate: () => void) {
    this.#ms = ms;
    this.#onLate = onLate;
  }

  /** Begins to wait, anew when it waits already. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(this.#onLate, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
