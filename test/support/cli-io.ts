import { Readable } from 'node:stream';

import type { Input, Io, Sink } from '../../src/cli/io.ts';
import { Screen } from './screen.ts';

/** A process for the CLI: pipes, or a terminal of a given size; time stands still unless it is moved. */
export class TestIo implements Io {
  /** Text of the pipes; empty for a terminal. */
  stdout = '';
  stderr = '';
  /** Everything that went to the terminal, with its control codes. */
  written = '';
  readonly screen: Screen | undefined;
  readonly input: Input = { isTTY: false, bytes: () => Readable.from([]), setRaw: () => undefined };
  readonly out: Sink;
  readonly err: Sink;
  readonly env: Io['env'];
  readonly cwd = '/project';
  exited: number | undefined;
  readonly #gone = new AbortController();
  readonly #timers = new Set<{ readonly ms: number; next: number; readonly tick: () => void }>();
  readonly #resized = new Set<() => void>();
  readonly #signalled = new Set<() => void>();
  #now: number;

  constructor(options: { now?: number; terminal?: { columns: number; rows: number }; env?: Io['env'] } = {}) {
    this.#now = options.now ?? 0;
    this.env = options.env ?? {};
    const { terminal } = options;
    this.screen = terminal === undefined ? undefined : new Screen(terminal.columns, terminal.rows);
    this.out = this.#sink((text) => {
      this.stdout += text;
    });
    this.err = this.#sink((text) => {
      this.stderr += text;
    });
  }

  get readerGone(): AbortSignal {
    return this.#gone.signal;
  }

  /** What `head` does once it has seen enough. */
  closeReader(): void {
    this.#gone.abort();
  }

  /** Listeners that are left: none may be once a verb has ended. */
  get listeners(): number {
    return this.#timers.size + this.#resized.size + this.#signalled.size;
  }

  now(): number {
    return this.#now;
  }

  /** Moves time on to `at` (milliseconds since 1970), with every tick on the way. */
  advanceTo(at: number): void {
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.next <= at).sort((a, b) => a.next - b.next)[0];
      if (due === undefined) break;
      this.#now = due.next;
      due.next += due.ms;
      due.tick();
    }
    this.#now = Math.max(this.#now, at);
  }

  resize(columns: number): void {
    this.screen?.resize(columns);
    for (const listener of this.#resized) listener();
  }

  signal(): void {
    for (const listener of this.#signalled) listener();
  }

  every(ms: number, tick: () => void): () => void {
    const timer = { ms, next: this.#now + ms, tick };
    return kept(this.#timers, timer);
  }

  onResize(listener: () => void): () => void {
    return kept(this.#resized, listener);
  }

  onSignal(listener: () => void): () => void {
    return kept(this.#signalled, listener);
  }

  exit(code: number): void {
    this.exited ??= code;
  }

  #sink(write: (text: string) => void): Sink {
    const screen = this.screen;
    const sink: Sink = {
      isTTY: screen !== undefined,
      get columns() {
        return screen?.columns;
      },
      rows: screen?.height,
      write: (text) => {
        if (screen === undefined) {
          write(text);
          return;
        }
        this.written += text;
        screen.write(text);
      },
      writeBytes: async (data) => sink.write(Buffer.from(data).toString()),
    };
    return sink;
  }
}

function kept<Item>(set: Set<Item>, item: Item): () => void {
  set.add(item);
  return () => set.delete(item);
}
