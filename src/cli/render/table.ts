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

/** Rows with a head, each column as wide as its longest cell, three spaces apart. */
export function columnsOf(head: readonly string[], rows: readonly (readonly string[])[]): number[] {
  return head.map(
    (title, index) => Math.max(title.length, ...rows.map((row) => width(row[index] ?? ''))) + 3,
  );
}
