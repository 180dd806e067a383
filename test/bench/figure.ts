/** What a figure is, and how it stands to its goal. */
import type { Bench } from './support/bench.ts';

type Unit = 'ms' | 's' | 'MB' | '×' | 'µs' | 'requests/s' | '';

/** One measured value. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  /** The most that the value may be; absent when it is there to explain others. */
  readonly goal?: number;
}

/** Something that is measured in one go. */
export interface Figure {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  readonly about: string;
  /** Throws {@link Skipped} where the machine lacks what it needs. */
  readonly run: (bench: Bench) => Promise<readonly Row[]>;
}

/** A figure, or a part of one, that cannot be measured on this machine. */
export class Skipped extends Error {}

/** Value by goal; `undefined` without a goal. A goal of 0 is kept or missed beyond all measure. */
export function ratioOf({ value, goal }: Row): number | undefined {
  if (goal === undefined) return undefined;
  if (goal === 0) return value === 0 ? 0 : Infinity;
  return value / goal;
}

/** How far a goal may be missed on a busy machine before the bench fails. */
export const TOLERATED = 3;

export function verdictOf(row: Row): 'ok' | 'MISS' | '' {
  const ratio = ratioOf(row);
  if (ratio === undefined) return '';
  return ratio <= 1 ? 'ok' : 'MISS';
}
