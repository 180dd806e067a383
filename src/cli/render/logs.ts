import type { FunctionLogLine } from '../../control/api.ts';
import type { Io } from '../io.ts';
import type { Paint } from './paint.ts';
import { coloredLine, programLine } from './safe.ts';
import { pad } from './width.ts';

/**
 * Prints log lines as they come; with a prefix for each function when `names` holds several. Into a pipe or file
 * text passes as it is; on a terminal everything but colours is made harmless, because what a function logs may
 * come from anybody.
 */
export function createLogPrinter(
  io: Io,
  names: readonly string[],
  color: boolean,
  paint: Paint,
): (line: FunctionLogLine) => void {
  const several = names.length !== 1;
  const known = [...names];
  const text = io.out.isTTY ? (color ? coloredLine : programLine) : (line: string) => line;
  return (line) => {
    if (!several) {
      io.out.write(`${text(line.text)}\n`);
      return;
    }
    if (!known.includes(line.function)) known.push(line.function);
    const column = Math.max(...known.map((name) => name.length));
    const prefix = paint.apart(known.indexOf(line.function))(`${pad(line.function, column)} |`);
    io.out.write(`${prefix} ${text(line.text)}\n`);
  };
}
