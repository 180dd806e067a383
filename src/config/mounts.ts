import { posix } from 'node:path';

import type { Source } from '../core/specs.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

/** Folders that a container cannot work without as they are. */
const TAKEN = ['/dev', '/proc', '/sys', '/run/secrets'];
/** Where templates put a function's own files. */
const CODE = '/app';

/** A path that is taken already, and why; the words follow its quoted path. */
interface Mounted {
  readonly path: string;
  readonly words: string;
}

/** The absolute paths that get a writable tmpfs, as they were written but for a final "/". */
export function writablePaths(
  scope: Scope,
  kind: Source['kind'],
  paths: readonly string[],
): readonly string[] {
  const result: string[] = [];
  for (const [index, text] of paths.entries()) {
    const path = trimmed(text);
    const before = result.map((other) => ({ path: other, words: '' }));
    const problem =
      path === '/tmp' ? 'is writable already; its size is limits.tmp' : pathProblem(path, kind, before);
    if (problem === undefined) result.push(path);
    else scope.error(String(index), `${quoted(text)} ${problem}`);
  }
  return result;
}

/** Named volumes and where they are; none may overlap another, /tmp or a writable folder. */
export function volumePaths(
  scope: Scope,
  kind: Source['kind'],
  volumes: Readonly<Record<string, string>>,
  writable: readonly string[],
): Readonly<Record<string, string>> {
  const before: Mounted[] = [
    { path: '/tmp', words: ', which is memory' },
    ...writable.map((path) => ({ path, words: ' of writable, which is memory' })),
  ];
  const result: [string, string][] = [];
  for (const [name, text] of Object.entries(volumes)) {
    const path = trimmed(text);
    const problem = pathProblem(path, kind, before);
    if (problem !== undefined) {
      scope.error(name, `${quoted(text)} ${problem}`);
      continue;
    }
    before.push({ path, words: ` of volume ${name}` });
    result.push([name, path]);
  }
  return Object.fromEntries(result.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function trimmed(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
}

function pathProblem(path: string, kind: Source['kind'], before: readonly Mounted[]): string | undefined {
  if (!path.startsWith('/')) return 'must be an absolute path in the container';
  if (path !== posix.normalize(path) || /[:,]/.test(path))
    return 'must be a plain path, without "..", "//", ":" and ","';
  if (path === '/') return 'is the whole container; name a folder in it';
  if (TAKEN.some((taken) => path === taken || path.startsWith(`${taken}/`) || taken.startsWith(`${path}/`)))
    return 'belongs to the system';
  // A volume there would keep the files of the release that it was made with, whatever is deployed later.
  if (kind === 'folder' && path === CODE)
    return `holds the function's own files; take a folder of its own, such as ${CODE}/data`;
  const other = before.find(
    (mounted) =>
      path === mounted.path || path.startsWith(`${mounted.path}/`) || mounted.path.startsWith(`${path}/`),
  );
  return other === undefined ? undefined : `overlaps ${quoted(other.path)}${other.words}`;
}
