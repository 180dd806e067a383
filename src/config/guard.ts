import { CST, Lexer } from 'yaml';

import type { Range } from './source.ts';

/** Levels of nesting. Deeper text ends the process inside the parser, which recurses. */
export const MAX_DEPTH = 64;
/** Pieces of text. More keep the parser busy for longer than a second. */
const MAX_LEXEMES = 300_000;

/** Why a text may not be parsed. */
export interface Refusal {
  readonly message: string;
  readonly range: Range;
}

/**
 * Looks at the text before the parser does and refuses what could exhaust it. Uses the library's own lexer, which
 * does not recurse and knows quotes and comments. Block nesting is over-estimated: each deeper column counts.
 */
export function refuse(text: string): Refusal | undefined {
  let offset = 0;
  let lineStart = 0;
  let flow = 0;
  let opens = true;
  let isScalar = false;
  let count = 0;
  const columns: number[] = [];

  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_LEXEMES) return refusal('there is too much in this file', offset);
    const type: string | null = isScalar ? 'text' : CST.tokenType(lexeme);
    isScalar = type === 'scalar';
    // Marks that the lexer invents stand for no text.
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
    else if (opens && flow === 0 && !isBlank(type)) open(columns, offset - lineStart);
    if (flow + columns.length > MAX_DEPTH)
      return refusal(`nested more than ${MAX_DEPTH} levels deep`, offset);

    if (isIndicator(type) || lexeme.endsWith('\n')) opens = true;
    else if (!isBlank(type)) opens = false;
    const newline = lexeme.lastIndexOf('\n');
    if (newline !== -1) lineStart = offset + newline + 1;
    offset += lexeme.length;
  }
  return undefined;
}

function isBlank(type: string | null): boolean {
  return type === 'space' || type === 'newline' || type === 'comment';
}

/** What a deeper block may follow on the same line. */
function isIndicator(type: string | null): boolean {
  return type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind';
}

function open(columns: number[], column: number): void {
  while ((columns.at(-1) ?? -1) >= column) columns.pop();
  columns.push(column);
}

function refusal(message: string, start: number): Refusal {
  return { message, range: { start, end: start + 1 } };
}
