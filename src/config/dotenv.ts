import type { Problems } from './problems.ts';
import type { Range, SourceText } from './source.ts';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** A value and the lines that assign it. */
export interface Assignment {
  readonly value: string;
  readonly range: Range;
}

/**
 * Parses a `.env` file: lines `NAME=value`, with or without `export`, comments and empty lines. A value is bare to
 * the end of the line or to ` #`; or 'quoted', taken as it is; or "quoted", with \n, \r, \t, \", \\ and \$. Quoted
 * values may span lines. No variables are replaced. Of a name that is there twice the last value counts. Problems
 * are reported with their place.
 */
export function parseDotenv(source: SourceText, problems: Problems): ReadonlyMap<string, Assignment> {
  const values = new Map<string, Assignment>();
  const reader = new Reader(source.text);
  while (!reader.isAtEnd) {
    const start = reader.at;
    const problem = readLine(reader, values);
    if (problem === undefined) continue;
    reader.at = start;
    const range = { start, end: start + reader.take(/[^\n]*/y).length };
    reader.take(/\n/y);
    problems.error(() => ({ source, range }), problem);
  }
  return values;
}

/** Reads one line, or the lines of one quoted value; returns what is wrong. */
function readLine(reader: Reader, values: Map<string, Assignment>): string | undefined {
  reader.take(/[ \t]*/y);
  if (reader.endLine()) return undefined;
  const start = reader.at;
  reader.take(/export[ \t]+/y);
  const name = reader.take(/[A-Za-z_][A-Za-z0-9_.-]*/y);
  if (name === '' || reader.take(/[ \t]*=[ \t]*/y) === '')
    return 'this line is not an assignment; expected NAME=value';
  const value = readValue(reader);
  const end = reader.at;
  reader.take(/[ \t]*/y);
  if (value === undefined || !reader.endLine())
    return `the quotes of ${name} do not end, or something follows them`;
  values.set(name, { value, range: { start, end } });
  return undefined;
}

function readValue(reader: Reader): string | undefined {
  const quoted = reader.take(/'[^']*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y);
  if (quoted.startsWith("'")) return quoted.slice(1, -1);
  if (quoted !== '') {
    return quoted.slice(1, -1).replace(/\\([^])/g, (_, character: string) => ESCAPES[character] ?? character);
  }
  const bare = reader.take(/[^\n]*/y);
  // A `#` begins a comment only behind a blank, so that `a#b` stays.
  return /^['"]/.test(bare) ? undefined : bare.replace(/(?:^|[ \t])#.*$/, '').trim();
}

/** Takes one piece at a time, so that no expression can backtrack over another's piece. */
class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  /** What the sticky `expression` matches here, skipping it; empty when it does not match. */
  take(expression: RegExp): string {
    expression.lastIndex = this.at;
    const found = expression.exec(this.#text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  /** Skips a comment and the end of the line, or says that there is more. */
  endLine(): boolean {
    this.take(/#[^\n]*/y);
    return this.take(/\r?\n/y) !== '' || this.isAtEnd;
  }
}
