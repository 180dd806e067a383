/** Commands that are printed to be typed. */
import { basename, isAbsolute, relative } from 'node:path';

/** Verbs with a `-f` of their own. */
const OWN_FILE_FLAG = new Set(['logs', 'invoke']);

/** A word as every POSIX shell reads it, quoted only where it must be. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Which project a command is about. Absolute paths; of the files the project's own comes first. */
export interface CommandProject {
  readonly root: string;
  readonly files: readonly string[];
}

/** `faaso …` as it is typed in the folder `cwd` for that project: it names what faaso would not find there by itself. */
export function faasoCommand(
  { root, files }: CommandProject,
  cwd: string,
  ...args: readonly string[]
): string {
  const isUsual = files.length === 1 && basename(files[0] ?? '') === 'functions.yml';
  const shown = files.map((file) => (isIn(cwd, file) ? relative(cwd, file) : file));
  const which = !isUsual ? fileFlags(args, shown) : isIn(root, cwd) ? [] : ['-C', root];
  return ['faaso', ...args, ...which].map(word).join(' ');
}

/** The folder that this process works in; `/` where it is gone. */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** Files as the verb of `args` takes them. */
export function fileFlags(args: readonly string[], files: readonly string[]): string[] {
  const flag = OWN_FILE_FLAG.has(args[0] ?? '') ? '--file' : '-f';
  return files.flatMap((file) => [flag, file]);
}

function isIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
