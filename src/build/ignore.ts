import dockerignore from '@balena/dockerignore';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../core/errors.ts';
import { contextInvalid, unreadable } from './invalid.ts';

/** Never part of a context, at any depth, whatever `.dockerignore` says. */
const NEVER: ReadonlySet<string> = new Set(['.git', '.faaso', '.env']);
/** Left out unless `.dockerignore` takes them back, as with `!node_modules`. */
const DEFAULTS = ['**/node_modules', '**/__pycache__', '**/.venv', '**/.env.*'];
/** Of a function's own folder left out too: they say how to build and run it, and are not part of it. */
const OWN_DEFAULTS = ['.dockerignore', 'metadata.yml'];

/** Decides what of a folder stays out of the context. Paths are relative to the folder. */
export interface Ignore {
  excludes(path: string): boolean;
  /** Whether nothing below the folder `path` can be part of the context, so that it need not be read. */
  excludesTree(path: string): boolean;
}

/** Only the defaults: for template folders and for what `files:` names. */
export const defaultIgnore: Ignore = ignoring(DEFAULTS);

/** The defaults and the folder's own `.dockerignore`, which is read as `docker build` reads it. */
export async function readIgnore(folder: string, shown: string): Promise<Ignore> {
  let text = '';
  try {
    text = await readFile(join(folder, '.dockerignore'), 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw unreadable(`${shown}/.dockerignore`, error);
  }
  const patterns = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  try {
    return ignoring([...DEFAULTS, ...OWN_DEFAULTS, ...patterns]);
  } catch (error) {
    throw contextInvalid(`${shown}/.dockerignore has a pattern that cannot be read`, undefined, error);
  }
}

/** Whether a file or folder of this name is never part of a context. */
export function isForbiddenName(name: string): boolean {
  return NEVER.has(name);
}

function ignoring(patterns: readonly string[]): Ignore {
  const matcher = dockerignore.default({ ignorecase: false }).add(patterns.map(escapePattern));
  // Compiles every pattern, so that a broken one is known here.
  matcher.ignores('x');
  const takesBack = patterns.some((pattern) => pattern.trim().startsWith('!'));
  const forbidden = (path: string): boolean => path.split('/').some((segment) => NEVER.has(segment));
  return {
    excludes: (path) => forbidden(path) || matcher.ignores(path),
    excludesTree: (path) => forbidden(path) || (!takesBack && matcher.ignores(path)),
  };
}

/** The matcher hands these to a regular expression as they are; in `.dockerignore` they mean themselves. */
function escapePattern(pattern: string): string {
  return pattern.startsWith('#') ? pattern : pattern.replace(/(?<!\\)[+(){}|]/g, '\\$&');
}
