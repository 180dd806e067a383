import type { Problems } from './problems.ts';
import type { SourceText } from './source.ts';
import { quoted } from './source.ts';

/**
 * One assignment or line without one. A value is bare to the end of the line or to ` #`; or 'quoted', taken as it
 * is; or "quoted", with \n, \r, \t, \", \\ and \$. Quoted values may span lines. No variables are replaced.
 */
const LINE =
  /[ \t]*(?:(?:export[ \t]+)?(?<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*(?:'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|(?<bare>(?!['"])[^\n]*)))?[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Parses a `.env` file; of a name that is there twice the last value counts. Problems are reported with their place. */
export function parseDotenv(source: SourceText, problems: Problems): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let at = 0;
  while (at < source.text.length) {
    LINE.lastIndex = at;
    const groups = LINE.exec(source.text)?.groups;
    if (groups === undefined) {
      const end = endOfLine(source.text, at);
      const range = { start: at, end };
      const line = source.text.slice(at, end).trim();
      problems.error(() => ({ source, range }), `${problemOf(line)}; expected NAME=value`);
      at = end + 1;
      continue;
    }
    at = LINE.lastIndex;
    const { name, single, double, bare } = groups;
    if (name !== undefined) values.set(name, single ?? unescape(double) ?? trimmed(bare ?? ''));
  }
  return values;
}

function problemOf(line: string): string {
  if (/^(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*=\s*['"]/.test(line)) {
    return 'a quoted value does not end, or something follows it';
  }
  return `${quoted(line.split('=', 1)[0] ?? '')} is not an assignment`;
}

function unescape(text: string | undefined): string | undefined {
  return text?.replace(/\\([^])/g, (_, character: string) => ESCAPES[character] ?? character);
}

/** A `#` begins a comment only behind a blank, so that `a#b` stays. */
function trimmed(text: string): string {
  return text.replace(/(?:^|[ \t])#.*$/, '').trim();
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
