import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';

import type { FileCopy } from '../core/specs.ts';
import { isInside } from './folders.ts';
import type { Inputs } from './inputs.ts';
import type { RawFile } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

export interface CopyPlace {
  /** Absolute real path of the function's folder. */
  readonly folder: string;
  /** Absolute paths of files that must not enter an image. */
  readonly envFiles: readonly string[];
}

const GLOB = /[*?[\]{}!]/;

/**
 * The further files of a function, checked: each `from` lies in the project and outside what must never enter an
 * image, each `to` inside the function's folder. What a glob finds is the builder's to check.
 */
export async function fileCopies(
  inputs: Inputs,
  scope: Scope,
  place: CopyPlace,
  files: readonly RawFile[],
): Promise<readonly FileCopy[]> {
  const copies: FileCopy[] = [];
  for (const [index, file] of files.entries()) {
    const item = scope.in('files', String(index));
    const from = typeof file === 'string' ? file : file.from;
    const to = typeof file === 'string' ? undefined : file.to;
    const problem = await fromProblem(inputs, place, from, to !== undefined);
    if (problem !== undefined)
      item.error(to === undefined ? undefined : 'from', `${quoted(from)} ${problem}`);
    const wrongTo = to === undefined ? undefined : toProblem(to);
    if (wrongTo !== undefined) item.error('to', `${quoted(to ?? '')} ${wrongTo}`);
    copies.push({ from, ...(to === undefined ? {} : { to: normalize(to) }) });
  }
  return copies;
}

async function fromProblem(
  inputs: Inputs,
  { folder, envFiles }: CopyPlace,
  from: string,
  hasTo: boolean,
): Promise<string | undefined> {
  if (from === '') return 'must not be empty';
  if (isAbsolute(from)) return "must be relative to the function's folder";
  if (from.includes('\\')) return 'must use "/" between folders';
  const path = join(folder, from);
  const fixed = fixedPart(folder, from);
  if (!isInside(inputs.root, path) || !isInside(inputs.root, fixed))
    return "leads out of the project's folder";
  if (isPrivate(relative(inputs.root, path))) return 'may not enter an image';
  if (envFiles.includes(path)) return 'may not enter an image: it is an env_file';
  if (!hasTo && !isInside(folder, path))
    return 'leads out of the function\'s folder; say where it goes with "from" and "to"';
  if (!isInside(folder, fixed)) inputs.watched.add(GLOB.test(from) ? fixed : dirname(fixed));
  try {
    await lstat(fixed);
    return isInside(inputs.root, await realpath(fixed)) ? undefined : "leads out of the project's folder";
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${message}`;
  }
}

function toProblem(to: string): string | undefined {
  if (isAbsolute(to) || to.includes('\\') || to === '')
    return "must be a path relative to the function's folder";
  const path = normalize(to);
  return path === '..' || path.startsWith(`..${sep}`) ? "leads out of the function's folder" : undefined;
}

/** The path up to the first part that has a glob in it. */
function fixedPart(folder: string, from: string): string {
  const parts = from.split('/');
  const first = parts.findIndex((part) => GLOB.test(part));
  return join(folder, ...(first === -1 ? parts : parts.slice(0, first)));
}

/** `.faaso/` and `.env` hold secrets. */
function isPrivate(path: string): boolean {
  const parts = path.split(sep);
  return parts.includes('.faaso') || parts.includes('.env');
}
