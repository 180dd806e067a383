import type { Dirent } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode, FaasoError } from '../core/errors.ts';
import { checkLink } from './confine.ts';
import type { ContextEntry } from './entries.ts';
import { MAX_CONTEXT_BYTES, MAX_CONTEXT_ENTRIES } from './entries.ts';
import type { Ignore } from './ignore.ts';
import { contextInvalid, unreadable } from './invalid.ts';
import { hashFile } from './read-file.ts';

/** Counts what one context holds so far, over all its folders. */
export interface Budget {
  bytes: number;
  entries: number;
}

/** A new context's budget. */
export function newBudget(): Budget {
  return { bytes: 0, entries: 0 };
}

export interface WalkOptions {
  /** Absolute path. */
  readonly folder: string;
  /** Put before every path in the context; ends with `/` unless empty. */
  readonly prefix: string;
  readonly ignore: Ignore;
  /** The folder as a person would name it. */
  readonly shown: string;
  readonly budget: Budget;
}

/**
 * Everything in a folder that belongs to the context, hashed, unordered. Links are kept, never followed.
 * Rejects with `context-invalid` for links that lead out, for devices, sockets and FIFOs, and over the limits.
 */
export async function walk(options: WalkOptions): Promise<ContextEntry[]> {
  const found: ContextEntry[] = [];
  const pending = [''];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const dirent of await list(options, below)) {
      const path = below + dirent.name;
      if (dirent.isDirectory()) {
        if (!options.ignore.excludesTree(path)) pending.push(`${path}/`);
      } else if (!options.ignore.excludes(path)) {
        const entry = await toEntry(options, path, dirent);
        if (entry !== undefined) found.push(entry);
      }
    }
  }
  return found;
}

async function list(options: WalkOptions, below: string): Promise<Dirent[]> {
  try {
    return await readdir(join(options.folder, below), { withFileTypes: true });
  } catch (error) {
    // A folder that went away after its parent was read is as good as one that was never there.
    if (errorCode(error) === 'ENOENT' && below !== '') return [];
    throw unreadable(`${options.shown}/${below}`.replace(/\/$/, ''), error);
  }
}

async function toEntry(
  options: WalkOptions,
  path: string,
  dirent: Dirent,
): Promise<ContextEntry | undefined> {
  const shown = `${options.shown}/${path}`;
  const source = join(options.folder, path);
  if (path.includes('\uFFFD')) throw contextInvalid(`${shown} has a name that is not UTF-8`, 'rename it');
  try {
    if (dirent.isSymbolicLink()) {
      const target = await readlink(source);
      await checkLink(options.folder, source, target, shown);
      countEntry(options.budget, shown);
      return { kind: 'link', path: options.prefix + path, source, target };
    }
    if (!dirent.isFile()) {
      throw contextInvalid(
        `${shown} is ${specialKind(dirent)}, and only files, folders and links can be built from`,
        'remove it, or name it in .dockerignore',
      );
    }
    return await fileEntry(source, options.prefix + path, shown, options.budget);
  } catch (error) {
    if (error instanceof FaasoError) throw error;
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(shown, error);
  }
}

/** One regular file, hashed and counted. */
export async function fileEntry(
  source: string,
  path: string,
  shown: string,
  budget: Budget,
): Promise<ContextEntry> {
  countEntry(budget, shown);
  const facts = await hashFile(source, shown, (bytes) => countBytes(budget, bytes, shown));
  return { kind: 'file', path, source, ...facts };
}

const LIMIT_HINT = 'leave out what the function does not need: name it in a .dockerignore in its folder';

function countEntry(budget: Budget, shown: string): void {
  budget.entries += 1;
  if (budget.entries <= MAX_CONTEXT_ENTRIES) return;
  throw contextInvalid(
    `the build context has more than ${MAX_CONTEXT_ENTRIES} files at ${shown}`,
    LIMIT_HINT,
  );
}

function countBytes(budget: Budget, bytes: number, shown: string): void {
  budget.bytes += bytes;
  if (budget.bytes <= MAX_CONTEXT_BYTES) return;
  throw contextInvalid(
    `the build context is larger than ${MAX_CONTEXT_BYTES / 1024 / 1024} MiB at ${shown}`,
    LIMIT_HINT,
  );
}

function specialKind(dirent: Dirent): string {
  if (dirent.isFIFO()) return 'a FIFO';
  if (dirent.isSocket()) return 'a socket';
  return 'a device';
}
