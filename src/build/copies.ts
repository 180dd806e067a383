import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';

import { errorCode, FaasoError } from '../core/errors.ts';
import type { FileCopy } from '../core/specs.ts';
import { isInside } from './confine.ts';
import type { ContextEntry } from './entries.ts';
import { expandGlob, fixedPart, isGlob } from './glob.ts';
import { defaultIgnore, isForbiddenName } from './ignore.ts';
import { contextInvalid, unreadable } from './invalid.ts';
import type { Budget } from './walk.ts';
import { fileEntry, walk } from './walk.ts';

export interface CopyScope {
  /** Absolute real path of the project's root: nothing outside it is read. */
  readonly root: string;
  /** Absolute real path of the function's folder. */
  readonly folder: string;
  /** Where the function's files go in the context; ends with `/`. */
  readonly prefix: string;
  readonly budget: Budget;
}

/**
 * What one entry of `files:` puts into the context. A file or folder goes to `to`; what a glob matches goes
 * below `to`, keeping its path from the first segment with a wildcard on. Without `to` everything keeps its
 * path in the function's folder. Links are followed and must end inside the project. Rejects with `context-invalid`.
 */
export async function copyFiles(scope: CopyScope, copy: FileCopy): Promise<ContextEntry[]> {
  const shown = `files: ${copy.from}`;
  checkTarget(shown, copy.to);
  if (isAbsolute(copy.from))
    throw contextInvalid(`${shown} is an absolute path`, 'write it relative to the function’s folder');
  try {
    return isGlob(copy.from) ? await copyGlob(scope, copy, shown) : await copyOne(scope, copy, shown);
  } catch (error) {
    if (error instanceof FaasoError || errorCode(error) === undefined) throw error;
    throw errorCode(error) === 'ENOENT'
      ? contextInvalid(`${shown} does not exist`, undefined, error)
      : unreadable(shown, error);
  }
}

async function copyGlob(scope: CopyScope, copy: FileCopy, shown: string): Promise<ContextEntry[]> {
  const fixed = fixedPart(copy.from);
  const base = await confined(scope, resolve(scope.folder, fixed), shown);
  const matches = await expandGlob(base, copy.from.slice(fixed === '' ? 0 : fixed.length + 1));
  if (matches.length === 0) throw contextInvalid(`${shown} matches no file`);
  const entries: ContextEntry[] = [];
  for (const match of matches) {
    const target = copy.to === undefined ? ownPath(scope, join(fixed, match), shown) : join(copy.to, match);
    const source = await confined(scope, join(base, match), `${shown} (${match})`);
    entries.push(await fileEntry(source, scope.prefix + target, `${shown} (${match})`, scope.budget));
  }
  return entries;
}

async function copyOne(scope: CopyScope, copy: FileCopy, shown: string): Promise<ContextEntry[]> {
  const source = await confined(scope, resolve(scope.folder, copy.from), shown);
  const target = targetOf(scope, copy, shown);
  if (!(await stat(source)).isDirectory())
    return [await fileEntry(source, scope.prefix + target, shown, scope.budget)];
  const prefix = target === '.' ? scope.prefix : `${scope.prefix}${target}/`;
  return walk({ folder: source, prefix, ignore: defaultIgnore, shown, budget: scope.budget });
}

function targetOf(scope: CopyScope, copy: FileCopy, shown: string): string {
  if (copy.to === undefined) return ownPath(scope, copy.from, shown);
  const name = copy.to.endsWith('/') ? join(copy.to, basename(copy.from)) : join(copy.to);
  return name;
}

/** The real path of `path`, which must lie in the project and be none of the paths that hold secrets. */
async function confined(scope: CopyScope, path: string, shown: string): Promise<string> {
  const outside = contextInvalid(
    `${shown} leads out of the project`,
    'copy what the function needs into the project',
  );
  if (!isInside(scope.root, path)) throw outside;
  const real = await realpath(path);
  if (!isInside(scope.root, real)) throw outside;
  const forbidden = [path, real]
    .flatMap((each) => relative(scope.root, each).split('/'))
    .find((segment) => isForbiddenName(segment));
  if (forbidden !== undefined)
    throw contextInvalid(`${shown} lies in ${forbidden}, which never enters an image`);
  return real;
}

function ownPath(scope: CopyScope, from: string, shown: string): string {
  const path = relative(scope.folder, resolve(scope.folder, from));
  if (path === '' || path.startsWith('../') || path === '..') {
    throw contextInvalid(
      `${shown} lies outside the function’s folder and has no "to:"`,
      'say where it goes with "to:"',
    );
  }
  return path;
}

function checkTarget(shown: string, to: string | undefined): void {
  if (to === undefined) return;
  const bad = to === '' || isAbsolute(to) || to.includes('\0') || to.split('/').includes('..');
  if (bad)
    throw contextInvalid(
      `${shown} has a target outside the function’s folder: ${to}`,
      'write "to:" relative, without ".."',
    );
}
