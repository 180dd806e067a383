import { countDiagnostics, renderDiagnostics } from '../render/diagnostic.ts';
import { printWarnings } from '../render/error.ts';
import { printData, printLines } from '../render/print.ts';
import { count } from '../render/text.ts';
import type { Call } from '../verb.ts';

/** Width of excerpts where there is no terminal. */
const COLUMNS = 120;

/** `faaso validate` */
export async function run(call: Call): Promise<number> {
  const { io } = call;
  const location = await call.locate();
  const answer = await (await call.backend.begin()).validate(location);
  const { valid, functions, routes, diagnostics } = answer;
  if (call.json) {
    printData(io, answer);
  } else if (!valid) {
    const lines = renderDiagnostics(diagnostics, io.err.columns ?? COLUMNS, call.errPaint);
    io.err.write(`${[...lines, '', `${countDiagnostics(diagnostics)}.`].join('\n')}\n`);
  } else {
    printWarnings(io, diagnostics, call.errPaint);
    const warned = diagnostics.length === 0 ? '' : `, ${countDiagnostics(diagnostics)}`;
    printLines(io, [`valid: ${count(functions ?? 0, 'function')}, ${count(routes ?? 0, 'route')}${warned}`]);
  }
  return valid ? 0 : 2;
}
