/** A place in a file that a user wrote. Lines and columns start at 1. */
export interface Place {
  /** Path as shown to the user: relative to the project's root where it lies in it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters the excerpt underlines. */
  readonly length: number;
}

/** A line of the file, as printed under a diagnostic. */
export interface ExcerptLine {
  readonly line: number;
  readonly text: string;
}

/** One problem in a file that a user wrote. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** What is wrong, and what was expected; no full stop. */
  readonly message: string;
  /** The likely intended word, for "did you mean". */
  readonly suggestion?: string;
  /** Absent when there is no text to point at, as for a folder or an unreadable file. */
  readonly place?: Place;
  readonly file: string;
  /** The place's line and the one before it. */
  readonly excerpt: readonly ExcerptLine[];
}

/** A problem on one line: where it is, what is wrong, and what may be meant. */
export function inOneLine({ file, place, message, suggestion }: Diagnostic): string {
  const where = place === undefined ? file : `${place.file}:${place.line}:${place.column}`;
  const guess = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return `${where}  ${message}${guess}`;
}
