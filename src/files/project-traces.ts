import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../core/errors.ts';
import { projectPaths } from '../core/paths.ts';

const YAML = /\.ya?ml$/;
/** `-f` may have named a project's first file in any way; what it says tells it from other tools' files. */
const SAYS_FUNCTIONS = /^["']?(?:functions|routes)["']?\s*:/m;

/**
 * Whether the folder holds a project: what was applied, or a file that may be its first. One that cannot be looked into
 * may hold it.
 */
export async function holdsProject(root: string): Promise<boolean> {
  if (!(await isMissing(projectPaths(root, { uid: 0 }).applied))) return true;
  const names = await readdir(root).catch((error: unknown): string[] | undefined =>
    isAbsence(error) ? [] : undefined,
  );
  if (names === undefined || names.includes('functions.yml')) return true;
  const texts = names.filter((name) => YAML.test(name)).map((name) => textOf(join(root, name)));
  return (await Promise.all(texts)).some(
    (text) => SAYS_FUNCTIONS.test(text) || /^\{.*"functions"/s.test(text),
  );
}

/** Whether nothing is there; what cannot be looked at is not missing. */
export async function isMissing(path: string): Promise<boolean> {
  return await lstat(path).then(() => false, isAbsence);
}

function isAbsence(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
