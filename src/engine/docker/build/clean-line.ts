import { stripVTControlCharacters } from 'node:util';

/** What a terminal would show of a line in the end: no colours, and of a progress bar the last state. */
export function cleanLine(line: string): string {
  const shown = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- control characters are what has to go
  return stripVTControlCharacters(shown).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
