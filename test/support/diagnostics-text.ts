import type { Diagnostic } from '../../src/core/diagnostics.ts';

/** Diagnostics as the plain text that golden files hold. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(diagnosticText).join('');
}

function diagnosticText({ severity, message, suggestion, place, file, excerpt }: Diagnostic): string {
  const where = place === undefined ? file : `${place.file}:${place.line}:${place.column}`;
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  const lines = [`${where}  ${severity === 'warning' ? 'warning: ' : ''}${message}${hint}`];
  for (const { line, text } of excerpt) lines.push(`${String(line).padStart(4)} │ ${text}`.trimEnd());
  if (place !== undefined && excerpt.length > 0) {
    lines.push(`     │ ${' '.repeat(place.column - 1)}${'^'.repeat(place.length)}`);
  }
  return `${lines.join('\n')}\n`;
}
