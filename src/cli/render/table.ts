import { pad, width } from './width.ts';

/** Columns of a line with a time at its end, as long as its text fits. */
export const LINE_COLUMNS = 73;

/** Width of the column of names, its gap included. One very long name does not push everything aside. */
export function nameColumn(names: readonly string[]): number {
  return Math.min(27, Math.max(8, ...names.map((name) => name.length)) + 3);
}

/** Puts `right` at the end of a line of {@link LINE_COLUMNS}, or after two spaces where the text is longer. */
export function withRight(text: string, right: string, columns: number = LINE_COLUMNS): string {
  return `${pad(text, columns - width(right) - 2)}  ${right}`;
}

/** Widths of columns under a head: the longest cell, and a gap of three spaces, or two where `room` is short. */
export function columnsOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  room: number | undefined,
): number[] {
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => width(row[index] ?? ''))),
  );
  const total = widths.reduce((sum, cell) => sum + cell + 3, -3);
  const gap = room !== undefined && total > room ? 2 : 3;
  return widths.map((cell) => cell + gap);
}
