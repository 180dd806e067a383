import type { ExcerptLine, Place } from '../core/diagnostics.ts';

/** The text of one file that a user wrote, with what is needed to point into it. */
export interface SourceText {
  /** The file as shown to the user. */
  readonly file: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly starts: readonly number[];
  /** Whether its lines may hold what nobody else should read, so that none of them is shown. */
  readonly isPrivate?: boolean;
}

/** Offsets into a text, in UTF-16 units; `end` is not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Longer lines are cut, and not shown at all when the place lies behind the cut. */
const MAX_EXCERPT = 200;
// Terminals obey control characters; an excerpt must not.
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Indexes the lines of `text`. */
export function sourceText(file: string, text: string): SourceText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return { file, text, starts };
}

/** The line (from 1) that holds `offset`. */
export function lineAt(source: SourceText, offset: number): number {
  let low = 0;
  let high = source.starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** The range as a place; one that spans lines is underlined to the end of its first. */
export function placeAt(source: SourceText, range: Range): Place {
  const line = lineAt(source, range.start);
  const lineStart = source.starts[line - 1] ?? 0;
  const lineEnd = lineStart + lineText(source, line).length;
  const length = Math.max(1, Math.min(range.end, lineEnd) - range.start);
  return { file: source.file, line, column: range.start - lineStart + 1, length };
}

/** The place's line and the one before it, safe to print. */
export function excerptAt(source: SourceText, place: Place): readonly ExcerptLine[] {
  if (source.isPrivate === true || place.column > MAX_EXCERPT) return [];
  const lines = place.line > 1 ? [place.line - 1, place.line] : [place.line];
  return lines.map((line) => ({ line, text: printable(lineText(source, line)) }));
}

/** A piece of a file or a name in a message: quoted, short and safe to print. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `"${cut.replace(/[\n\t]/g, ' ').replace(CONTROL, '\ufffd')}"`;
}

function lineText(source: SourceText, line: number): string {
  const start = source.starts[line - 1] ?? 0;
  const next = source.starts[line];
  return source.text.slice(start, next === undefined ? undefined : next - 1).replace(/\r$/, '');
}

function printable(text: string): string {
  return (text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text).replace(CONTROL, '\ufffd');
}
