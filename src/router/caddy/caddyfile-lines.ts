const WIDTH = 110;

/** `head { … }`, as `caddy fmt` lays it out. */
export function block(head: string, lines: readonly string[]): readonly string[] {
  return [`${head}${head === '' ? '' : ' '}{`, ...lines.map((line) => (line === '' ? '' : `\t${line}`)), '}'];
}

/** One word of a Caddyfile. */
export function token(text: string): string {
  return /^[^\s"'`{}#\\]+$/.test(text) ? text : `"${text.replaceAll('"', String.raw`\"`)}"`;
}

/** Text as lines of comments; `first` stands before it, and as much space before what follows. */
export function comment(text: string, first = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  // What a function said of itself could end the comment.
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length >= WIDTH - first.length) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${word}`;
  }
  const rest = ' '.repeat(first.length);
  return [...lines, line].map((item, index) => `# ${index === 0 ? first : rest}${item}`);
}
