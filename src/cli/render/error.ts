import type { Diagnostic } from '../../core/diagnostics.ts';
import { errorData } from '../../core/errors.ts';
import type { ErrorData } from '../../core/errors.ts';
import type { Io } from '../io.ts';
import { countDiagnostics, renderDiagnostics } from './diagnostic.ts';
import { hintAbout } from './hint.ts';
import { createPaint, wantsColor } from './paint.ts';
import type { Paint } from './paint.ts';
import { jsonLine, programLine } from './safe.ts';
import { wrap } from './width.ts';

/** How wide excerpts are where there is no terminal. */
const NO_TERMINAL_COLUMNS = 120;

/**
 * Prints what ended a verb: with `--json` as one line of data on stdout, else as text on stderr. `which`: the `-C` and
 * `-f` that were typed, for commands in the hint.
 */
export function printError(
  io: Io,
  error: unknown,
  look: { readonly json: boolean; readonly color: boolean; readonly which?: readonly string[] },
): void {
  const bare = errorData(error);
  const data = { ...bare, hint: hintAbout(look.which ?? [], bare.hint) };
  if (look.json) {
    io.out.write(`${jsonLine(data)}\n`);
    return;
  }
  const paint = createPaint(wantsColor(io, io.err, look.color));
  const lines = renderError(data, io.err.columns ?? NO_TERMINAL_COLUMNS, paint);
  const { columns } = io.err;
  const fitting = columns === undefined ? lines : lines.flatMap((line) => wrap(line, columns));
  io.err.write(`${fitting.join('\n')}\n`);
}

/** An error that ended a verb, as lines. */
export function renderError(error: ErrorData, columns: number, paint: Paint): string[] {
  if (error.where.length > 0) {
    return [
      ...renderDiagnostics(error.where, columns, paint),
      '',
      `${countDiagnostics(error.where)}. Nothing was changed.`,
    ];
  }
  return [
    `${paint.bad('error:')} ${programLine(error.message)}`,
    ...renderRest(error).map((line) => `  ${line}`.trimEnd()),
  ];
}

/** Details and hint of an error, without indentation. */
export function renderRest(error: ErrorData): string[] {
  const details = error.details.flatMap((line) => line.split('\n')).map(programLine);
  return error.hint === null ? details : [...details, `hint: ${programLine(error.hint)}`];
}

/** Prints what single functions failed with on stderr. */
export function printFailures(
  io: Io,
  failed: readonly { readonly function: string; readonly error: ErrorData }[],
  paint: Paint,
): void {
  for (const { function: name, error } of failed) {
    const named = { ...error, where: [], message: `${name}: ${error.message}` };
    io.err.write(`${renderError(named, io.err.columns ?? NO_TERMINAL_COLUMNS, paint).join('\n')}\n`);
  }
}

/** Prints warnings about files on stderr. */
export function printWarnings(io: Io, warnings: readonly Diagnostic[], paint: Paint): void {
  if (warnings.length === 0) return;
  io.err.write(`${renderDiagnostics(warnings, io.err.columns ?? NO_TERMINAL_COLUMNS, paint).join('\n')}\n\n`);
}
