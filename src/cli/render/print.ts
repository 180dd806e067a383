import type { Io } from '../io.ts';
import { jsonLine } from './safe.ts';

/** Prints an answer as text on stdout. */
export function printLines(io: Io, lines: readonly string[]): void {
  io.out.write(lines.map((line) => `${line}\n`).join(''));
}

/** Prints an answer as JSON on stdout. */
export function printData(io: Io, value: unknown): void {
  io.out.write(`${jsonLine(value)}\n`);
}
