/**
 * What a verb sees of the process: two streams, the environment, time and signals. Injected, so that a test can
 * be a terminal of any size.
 *
 * Which stream: stdout carries what was asked for (plans, tables, logs, JSON, and how each function came out);
 * stderr carries what needs attention (errors, warnings, failed functions, being cancelled). With `--json` all
 * of it is JSON on stdout: one value, or one per line where a verb takes time; an error is the last line.
 */

/** One output stream. */
export interface Sink {
  readonly isTTY: boolean;
  /** Width of the terminal; `undefined` when it is none. Changes when the window does. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  write(text: string): void;
  /** Resolves when more may be written: at once, unless whoever reads is slower. */
  writeBytes(data: Uint8Array): Promise<void>;
}

/** Standard input. Nothing is read before somebody asks for it. */
export interface Input {
  readonly isTTY: boolean;
  /** Its bytes as they come. To be read once. */
  bytes(): AsyncIterable<Uint8Array>;
  /**
   * On a terminal: whether each key is read as it is pressed, Ctrl-C too, and what is written is left as it is.
   * Nothing happens elsewhere.
   */
  setRaw(raw: boolean): void;
}

export interface Io {
  readonly input: Input;
  readonly out: Sink;
  readonly err: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that commands are typed in; `/` where it is gone. */
  readonly cwd: string;
  /** Aborts when whoever read stdout has gone, as `head` does. Writing goes on without an error. */
  readonly readerGone: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `tick` every `ms` milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
  /** Calls `listener` when the terminal's size changes, until the returned function is called. */
  onResize(listener: () => void): () => void;
  /** Calls `listener` for Ctrl-C, SIGTERM and SIGHUP, until the returned function is called. */
  onSignal(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}
