import type { Diagnostic, ExcerptLine, Place } from '../../core/diagnostics.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { count } from './text.ts';
import { charWidth, width } from './width.ts';

const TAB = '    ';

/** Problems of files, each with its place, the excerpt and a line under the faulty part. `columns`: of the screen. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  columns: number,
  paint: Paint,
): string[] {
  return diagnostics.flatMap((diagnostic) => renderDiagnostic(diagnostic, columns, paint));
}

/** `2 problems`, `1 problem and 3 warnings`. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const warnings = diagnostics.filter((item) => item.severity === 'warning').length;
  const errors = diagnostics.length - warnings;
  const parts = [
    ...(errors > 0 ? [count(errors, 'problem')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return parts.join(' and ');
}

function renderDiagnostic(diagnostic: Diagnostic, columns: number, paint: Paint): string[] {
  const { place, suggestion } = diagnostic;
  const where = place === undefined ? diagnostic.file : `${place.file}:${place.line}:${place.column}`;
  const label = diagnostic.severity === 'warning' ? `${paint.warn('warning')}: ` : '';
  const guess = suggestion === undefined ? '' : `; did you mean "${plain(suggestion)}"?`;
  return [
    `${paint.strong(plain(where))}  ${label}${plain(diagnostic.message)}${guess}`,
    ...renderExcerpt(diagnostic.excerpt, place, columns, paint),
  ];
}

function renderExcerpt(
  excerpt: readonly ExcerptLine[],
  place: Place | undefined,
  columns: number,
  paint: Paint,
): string[] {
  const digits = Math.max(4, ...excerpt.map((line) => String(line.line).length));
  const room = Math.max(20, columns - digits - 4);
  return excerpt.flatMap(({ line, text }) => {
    const number = paint.faint(`${String(line).padStart(digits)} │`);
    if (place === undefined || line !== place.line)
      return [`${number} ${window(text, 0, 0, room).text}`.trimEnd()];
    const shown = window(text, place.column - 1, place.length, room);
    const mark = paint.bad('^'.repeat(shown.length));
    return [
      `${number} ${shown.text}`,
      `${' '.repeat(digits)} ${paint.faint('│')} ${' '.repeat(shown.start)}${mark}`,
    ];
  });
}

interface Window {
  readonly text: string;
  /** Column of the marked part, from 0, and how many columns it takes; at least 1. */
  readonly start: number;
  readonly length: number;
}

/** The part of a line around `length` characters at `offset` (UTF-16 units), in at most `room` columns. */
function window(line: string, offset: number, length: number, room: number): Window {
  const before = printable(line.slice(0, offset));
  const marked = printable(line.slice(offset, offset + Math.max(1, length)));
  const after = printable(line.slice(offset + Math.max(1, length)));
  if (width(before + marked + after) <= room) {
    return { text: before + marked + after, start: width(before), length: Math.max(1, width(marked)) };
  }
  // What comes before the mark gets what the mark leaves, at most two thirds; what comes after gets the rest.
  const lead = lastColumns(
    before,
    Math.max(Math.floor(room / 3), Math.min(Math.floor((room * 2) / 3), room - width(marked) - 8)),
  );
  const core = firstColumns(marked, room - width(lead));
  const tail = firstColumns(after, room - width(lead) - width(core));
  return { text: lead + core + tail, start: width(lead), length: Math.max(1, width(core)) };
}

function firstColumns(text: string, room: number): string {
  if (width(text) <= room) return text;
  return room < 1 ? '' : `${take(Array.from(text), room - 1).join('')}…`;
}

function lastColumns(text: string, room: number): string {
  if (width(text) <= room) return text;
  return room < 1
    ? ''
    : `…${take(Array.from(text).reverse(), room - 1)
        .reverse()
        .join('')}`;
}

function take(chars: readonly string[], room: number): string[] {
  let used = 0;
  const cutAt = chars.findIndex((char) => {
    used += charWidth(char);
    return used > room;
  });
  return cutAt === -1 ? [...chars] : chars.slice(0, cutAt);
}

function printable(text: string): string {
  return plain(text.replaceAll('\t', TAB));
}
