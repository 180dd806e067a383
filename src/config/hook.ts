import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import type { FailureHook } from '../core/specs.ts';
import { DEFAULTS } from './defaults.ts';
import type { Inputs } from './inputs.ts';
import type { RawHook } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

/** What `on_failure` says; `undefined` when a problem was reported. */
export async function failureHook(
  inputs: Inputs,
  scope: Scope,
  { command, url, timeout }: RawHook,
): Promise<FailureHook | undefined> {
  const { onFailure } = DEFAULTS;
  const timeoutMs = scope.duration('timeout', timeout, onFailure.timeout, { min: 100, max: 600_000 });
  if (command !== undefined && url !== undefined) {
    scope.error('url', 'on_failure has both command and url; keep one');
    return undefined;
  }
  if (url !== undefined) {
    if (URL.canParse(url)) return { kind: 'url', url, timeoutMs };
    scope.error('url', `url ${quoted(url)} cannot be read as a URL`);
    return undefined;
  }
  if (command === undefined) {
    scope.error(undefined, 'on_failure has neither command nor url; set one');
    return undefined;
  }
  const [word = '', ...rest] = command;
  const program = await findProgram(inputs, scope.in('command'), word);
  return program === undefined ? undefined : { kind: 'command', argv: [program, ...rest], timeoutMs };
}

/** The program to start: a bare name is left to the PATH of the daemon, a path is looked at now. */
async function findProgram(inputs: Inputs, scope: Scope, word: string): Promise<string | undefined> {
  if (word === '') {
    scope.error('0', 'the first word of command names a program; it must not be empty');
    return undefined;
  }
  if (!word.includes('/')) {
    if (!word.includes(' ')) return word;
    const words = word.trim().split(/\s+/).map(quoted).join(', ');
    scope.error('0', `${quoted(word)} is one word; write each on its own: [${words}]`);
    return undefined;
  }
  const path = isAbsolute(word) ? word : join(inputs.root, word);
  inputs.watched.add(path);
  try {
    await access(path, constants.X_OK);
    if ((await stat(path)).isFile()) return path;
    scope.error('0', `${quoted(word)} is no program; name the file to run`);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      scope.error('0', `the program ${quoted(word)} is not executable; make it so: chmod +x ${word}`);
      return undefined;
    }
    const missing = `the program ${quoted(word)} does not exist`;
    if (!isAbsolute(word)) {
      scope.error('0', `${missing}: ${path}`);
      return undefined;
    }
    // Where the files are only checked, what the machine has that runs them is not known.
    scope.problems.warn(scope.at('0'), `${missing} on this machine`);
    return path;
  }
}
