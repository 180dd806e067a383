/**
 * Makes text from elsewhere harmless on a terminal: an escape sequence in a log line could move the cursor, set
 * the clipboard or answer for the keyboard; a bidirectional override could show another order than there is.
 */

// ECMA-48: CSI sequences, string sequences (OSC, DCS, SOS, PM, APC) with their end, and two-character escapes.
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const COLOR = /^\x1b\[[\d;:]*m$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line of plain text: no escape sequence, no control character but tab. What stood there is shown as `\x1b`. */
export function plain(text: string): string {
  return text.replace(CONTROLS, shown);
}

/** Like {@link plain}, for output of programs: colours are dropped and of a line that rewrote itself the last state stays. */
export function programLine(text: string): string {
  return plain(lastState(text.replace(ESCAPES, '')));
}

/** Like {@link programLine}, but colours stay, and end with the line. */
export function coloredLine(text: string): string {
  let colored = false;
  let result = '';
  let from = 0;
  const line = lastState(text);
  for (const match of line.matchAll(ESCAPES)) {
    result += plain(line.slice(from, match.index));
    if (COLOR.test(match[0])) {
      result += match[0];
      colored = true;
    }
    from = match.index + match[0].length;
  }
  return `${result}${plain(line.slice(from))}${colored ? '\x1b[0m' : ''}`;
}

/** JSON on one line, without the control characters that JSON leaves as they are. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${hex(char).padStart(4, '0')}`,
  );
}

/** What a terminal would show after carriage returns: progress bars rewrite their line. */
function lastState(line: string): string {
  const trimmed = line.replace(/[\r\n]+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}

function shown(char: string): string {
  const digits = hex(char);
  return digits.length <= 2 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16);
}
