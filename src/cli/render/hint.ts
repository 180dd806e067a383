import { VERBS } from '../verbs.ts';

/** `faaso`, where a verb follows. */
const COMMAND = new RegExp(`\\bfaaso(?= (?:${VERBS.map((verb) => verb.name).join('|')})\\b)`, 'g');

/**
 * The hint with commands about the project of `which` (`-C` and `-f`, as they were typed): as they stand they would be
 * about another one.
 */
export function hintAbout(which: readonly string[], hint: string | null): string | null {
  if (hint === null || which.length === 0 || / (?:-C|-f|--file) /.test(hint)) return hint;
  return hint.replace(COMMAND, (faaso) => [faaso, ...which].join(' '));
}
