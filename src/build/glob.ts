import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../core/errors.ts';

/** Whether the text has a character that stands for others: `*`, `?` or `[`. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** The leading segments of a glob without such characters, as a path; empty when the first has one. */
export function fixedPart(pattern: string): string {
  const segments = pattern.split('/');
  return segments.slice(0, segments.findIndex(isGlob)).join('/');
}

/**
 * Files and links that match, as paths relative to `folder`, sorted. `*`, `?` and `[a-z]` match within a
 * segment, `**` any number of folders; as in a shell a leading dot is matched only by a dot. Folders are not
 * matched, and links to folders are not entered.
 */
export async function expandGlob(folder: string, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  await expand(folder, '', pattern.split('/'), found);
  return [...found].sort();
}

async function expand(
  folder: string,
  below: string,
  segments: readonly string[],
  found: Set<string>,
): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') return expandAnywhere(folder, below, rest, found);
  if (!isGlob(segment)) {
    if (rest.length > 0) return expand(folder, `${below}${segment}/`, rest, found);
    if (await isLeaf(join(folder, below, segment))) found.add(below + segment);
    return;
  }
  const matches = segmentPattern(segment);
  for (const dirent of await list(join(folder, below))) {
    if (!matches.test(dirent.name)) continue;
    if (rest.length === 0) {
      if (!dirent.isDirectory()) found.add(below + dirent.name);
    } else if (dirent.isDirectory()) {
      await expand(folder, `${below}${dirent.name}/`, rest, found);
    }
  }
}

async function expandAnywhere(
  folder: string,
  below: string,
  rest: readonly string[],
  found: Set<string>,
): Promise<void> {
  await expand(folder, below, rest.length === 0 ? ['*'] : rest, found);
  for (const dirent of await list(join(folder, below))) {
    if (dirent.isDirectory() && !dirent.name.startsWith('.')) {
      await expandAnywhere(folder, `${below}${dirent.name}/`, rest, found);
    }
  }
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function isLeaf(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function segmentPattern(segment: string): RegExp {
  const source = segment.replace(
    /\[([!^]?)([^\]]+)\]|\*+|\?|[^[\]*?]+|[[\]]/g,
    (part, not: string, set: string) => {
      if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
      if (part.startsWith('*')) return '.*';
      return part === '?' ? '.' : part.replace(/[.+^${}()|\\[\]]/g, '\\$&');
    },
  );
  return new RegExp(`^${/^[*?[]/.test(segment) ? '(?!\\.)' : ''}${source}$`, 'su');
}
