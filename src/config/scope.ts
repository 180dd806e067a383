import type { Located, Path } from './document.ts';
import type { At, Problems, Suggestion } from './problems.ts';
import { subject } from './report.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

/** Milliseconds. Timers cannot be longer than 24 days; nothing here needs more than one. */
const LONGEST = 24 * 3_600_000;

/** Smallest and largest value that is allowed. */
export interface Bounds {
  readonly min: number;
  readonly max?: number;
}

/** One part of one document: reads its values and knows where they are. */
export class Scope {
  readonly document: Located;
  readonly problems: Problems;
  readonly path: Path;

  constructor(document: Located, problems: Problems, path: Path = []) {
    this.document = document;
    this.problems = problems;
    this.path = path;
  }

  /** The part under `steps`. */
  in(...steps: Path): Scope {
    return new Scope(this.document, this.problems, [...this.path, ...steps]);
  }

  /** Reports a problem with the value of `key`, or of this part itself. */
  error(key: string | undefined, message: string, suggestion?: Suggestion): void {
    this.problems.error(this.at(key), message, suggestion);
  }

  at(key?: string): () => At {
    return this.document.value(key === undefined ? this.path : [...this.path, key]);
  }

  /** Milliseconds of `text`, which the schema accepted, or of `fallback`. */
  duration(key: string, text: string | undefined, fallback: string, bounds: Bounds): number {
    const ms = parseDuration(text ?? fallback);
    if (text !== undefined) this.#check(key, ms, { max: LONGEST, ...bounds }, formatDuration);
    return ms;
  }

  /** Bytes of `value`, which the schema accepted, or of `fallback`. */
  size(key: string, value: string | number | undefined, fallback: string, bounds: Bounds): number {
    const bytes = parseSize(value ?? fallback);
    if (value !== undefined) this.#check(key, bytes, { max: 2 ** 50, ...bounds }, formatSize);
    return bytes;
  }

  #check(key: string, value: number, bounds: Required<Bounds>, format: (value: number) => string): void {
    const name = subject([key]);
    if (value < bounds.min) this.error(key, `${name} must be at least ${format(bounds.min)}`);
    else if (value > bounds.max) this.error(key, `${name} must be at most ${format(bounds.max)}`);
  }
}
