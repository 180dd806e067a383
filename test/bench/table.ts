import type { Row } from './figure.ts';
import { ratioOf, verdictOf } from './figure.ts';

const NAME_COLUMNS = 62;

/** The rows of one figure as text, a line each. */
export function tableLines(rows: readonly Row[]): string[] {
  return rows.map((row) => {
    const ratio = ratioOf(row);
    const goal = row.goal === undefined ? '' : `≤ ${shown(row.goal)} ${row.unit}`;
    const cells = [
      `  ${row.name}`.padEnd(NAME_COLUMNS),
      `${shown(row.value)} ${row.unit}`.padStart(18),
      goal.padStart(14),
      (ratio === undefined || row.goal === 0 ? '' : ratio.toFixed(2)).padStart(8),
      `  ${verdictOf(row)}`,
    ];
    return cells.join('').trimEnd();
  });
}

export function tableHead(): string {
  return ['  '.padEnd(NAME_COLUMNS), 'value '.padStart(18), 'goal'.padStart(14), 'ratio'.padStart(8)].join(
    '',
  );
}

/** Three digits that count, without an exponent. */
function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
