/** How many columns text takes on a terminal. Expects text without control characters; tabs count as one. */

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
// Unicode's East Asian Width W and F, by the scripts that have them, and emoji (UAX #11).
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
// oxlint-disable-next-line no-control-regex -- printable ASCII is the common case and needs no look at each character
const ASCII = /^[\x00-\x7f]*$/;

/** Columns of the text, colours not counted. */
export function width(text: string): number {
  const bare = uncolored(text);
  if (ASCII.test(bare)) return bare.length;
  let columns = 0;
  for (const char of bare) columns += charWidth(char);
  return columns;
}

/** Columns of one character: 0, 1 or 2. */
export function charWidth(char: string): number {
  if (ZERO.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Fills up with spaces to `columns`; longer text stays as it is. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Cuts uncoloured text to at most `columns`, ending it with `…` where something is missing. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let used = 0;
  let result = '';
  for (const char of text) {
    used += charWidth(char);
    if (used > columns - 1) break;
    result += char;
  }
  return columns < 1 ? '' : `${result}…`;
}

function uncolored(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colours are escape sequences
  return text.replace(/\x1b\[[\d;:]*m/g, '');
}

/**
 * Breaks a line between words so that each part fits, if words do. What follows is indented like the line itself, or,
 * where it begins with a label (text, two spaces or more), like what stands beside the label.
 */
export function wrap(line: string, columns: number): string[] {
  if (width(line) <= columns) return [line];
  const label = /^ *(?:\S+ {2,})?/.exec(line)?.[0] ?? '';
  const indent = width(label) > columns / 2 ? (/^ */.exec(line)?.[0] ?? '') : ' '.repeat(width(label));
  const lines: string[] = [];
  let current = line.slice(0, indent.length === width(label) ? label.length : indent.length);
  let fresh = true;
  for (const part of line.slice(current.length).match(/ +|[^ ]+/g) ?? []) {
    if (!fresh && !part.startsWith(' ') && width(current) + width(part) > columns) {
      lines.push(current.trimEnd());
      current = indent;
    }
    current += part;
    fresh = false;
  }
  return [...lines, current];
}
