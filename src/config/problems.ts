import type { Diagnostic } from '../core/diagnostics.ts';
import type { Range, SourceText } from './source.ts';
import { masked } from './credentials.ts';
import { excerptAt, placeAt } from './source.ts';

/** Where a problem is: somewhere in a text, or a file or folder as a whole. */
export type At = { readonly source: SourceText; readonly range: Range } | { readonly file: string };

/** The likely intended word; a function where finding it costs time. */
export type Suggestion = string | undefined | (() => string | undefined);

/** More would not be read, and a hostile file can have a hundred thousand. */
const MAX_PROBLEMS = 100;

/** Collects everything that is wrong, so that all of it is reported at once. */
export class Problems {
  readonly #found = new Map<string, Diagnostic>();
  readonly #hidden = new Set<string>();
  #unlisted = 0;
  #errors = 0;

  /** Whether any error (not only warnings) was added. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  /** Whether further problems will only be counted, so that finding words for them is of no use. */
  get isFull(): boolean {
    return this.#found.size >= MAX_PROBLEMS;
  }

  /** Counts an error that is not worth its words any more. */
  countError(): void {
    this.#errors += 1;
    this.#unlisted += 1;
  }

  /** `at` is asked only when the problem will be listed, because finding a place costs time. */
  error(at: () => At, message: string, suggestion?: Suggestion): void {
    this.#errors += 1;
    this.#add('error', at, message, suggestion);
  }

  warn(at: () => At, message: string, suggestion?: Suggestion): void {
    this.#add('warning', at, message, suggestion);
  }

  /** No problem that is listed shows `text`. */
  hide(text: string): void {
    for (const line of text.split('\n')) if (line.trim() !== '') this.#hidden.add(line.trim());
  }

  /** All problems in the order of the text; those of `first` (a file as shown) before other files'. */
  list(first: string): readonly Diagnostic[] {
    const sorted = [...this.#found.values()]
      .sort(
        (a, b) =>
          Number(b.file === first) - Number(a.file === first) ||
          compare(a.file, b.file) ||
          (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
          (a.place?.column ?? 0) - (b.place?.column ?? 0),
      )
      .map((diagnostic) => masked(diagnostic, this.#hidden));
    if (this.#unlisted === 0) return sorted;
    const message = `${this.#unlisted} more problems are not listed`;
    return [...sorted, { severity: this.failed ? 'error' : 'warning', message, file: first, excerpt: [] }];
  }

  #add(severity: Diagnostic['severity'], at: () => At, message: string, suggestion: Suggestion): void {
    if (this.isFull) {
      this.#unlisted += 1;
      return;
    }
    const spot = at();
    const word = typeof suggestion === 'function' ? suggestion() : suggestion;
    const hint = word === undefined ? {} : { suggestion: word };
    if ('file' in spot) {
      this.#keep({ severity, message, ...hint, file: spot.file, excerpt: [] });
      return;
    }
    const place = placeAt(spot.source, spot.range);
    const excerpt = excerptAt(spot.source, place);
    this.#keep({ severity, message, ...hint, place, file: spot.source.file, excerpt });
  }

  /** Text that an alias repeats is wrong once. */
  #keep(diagnostic: Diagnostic): void {
    const { file, place, message } = diagnostic;
    const key = `${file}\n${place?.line ?? 0}:${place?.column ?? 0}\n${message}`;
    if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
