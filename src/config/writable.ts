import { posix } from 'node:path';

import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

/** Folders that a container cannot work without as they are. */
const TAKEN = ['/dev', '/proc', '/sys', '/run/secrets'];

/** The absolute paths that get a writable tmpfs, as they were written but for a final "/". */
export function writablePaths(scope: Scope, paths: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (const [index, text] of paths.entries()) {
    const path = text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
    const problem = pathProblem(path, result);
    if (problem === undefined) result.push(path);
    else scope.error(String(index), `${quoted(text)} ${problem}`);
  }
  return result;
}

function pathProblem(path: string, before: readonly string[]): string | undefined {
  if (!path.startsWith('/')) return 'must be an absolute path in the container';
  if (path !== posix.normalize(path) || /[:,]/.test(path))
    return 'must be a plain path, without "..", "//", ":" and ","';
  if (path === '/') return 'cannot be writable as a whole; name the folders that must be';
  if (path === '/tmp') return 'is writable already; its size is limits.tmp';
  if (TAKEN.some((taken) => path === taken || path.startsWith(`${taken}/`))) return 'belongs to the system';
  const outer = before.find(
    (other) => path === other || path.startsWith(`${other}/`) || other.startsWith(`${path}/`),
  );
  return outer === undefined ? undefined : `overlaps ${quoted(outer)}`;
}
