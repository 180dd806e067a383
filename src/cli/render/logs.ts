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
  grep?: RegExp,
): (line: FunctionLogLine) => void {
  const several = names.length !== 1;
  const known = [...names];
  const text = !io.out.isTTY
    ? (line: string) => line
    : !color
      ? programLine
      : grep === undefined
        ? coloredLine
        : (line: string) => marked(programLine(line), grep, paint);
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

/** The one colour of a line that was looked for is what was found in it. */
function marked(line: string, grep: RegExp, paint: Paint): string {
  return line.replace(new RegExp(grep, `${grep.flags}g`), (found) =>
    found === '' ? '' : paint.found(found),
  );
}
