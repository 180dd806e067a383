import { randomBytes } from 'node:crypto';
import { access, constants, lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { errorCode, FaasoError } from '../../core/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import type { RuntimeAnswer } from './api.ts';

/** Executable by the owner. */
const EXECUTABLE = 0o100;

/** A folder that was written and can be taken back. */
export interface Written {
  /** Paths below the folder, sorted. */
  readonly files: readonly string[];
  /** Removes the folder, and those above it that were made for it. */
  undo(): Promise<void>;
}

/**
 * Copies a runtime's scaffold to `folder` (absolute), whole or not at all. Rejects with `file-exists` when something
 * is there, or with `usage` when the runtime has no scaffold.
 */
export async function copyScaffold(runtime: RuntimeAnswer, folder: string, shown: string): Promise<Written> {
  if (await exists(folder)) {
    throw new FaasoError('file-exists', `${shown} is there already`, {
      hint: 'choose another name, or remove that folder first',
    });
  }
  const source = join(runtime.folder, 'scaffold');
  const files = await filesBelow(source);
  if (files.length === 0) {
    throw new FaasoError('usage', `the runtime ${runtime.name} has no scaffold to copy`, {
      hint: `write ${shown}/metadata.yml with "runtime: ${runtime.name}", or add files to ${source}`,
    });
  }
  const made = await makeFolder(dirname(folder));
  // Said of this folder, and not of the temporary name in it.
  await access(dirname(folder), constants.W_OK);
  const temporary = join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString('hex')}.tmp`);
  const undo = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  };
  try {
    for (const path of files) await copyFile(join(source, path), join(temporary, path));
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw error;
  }
  return { files, undo };
}

/** Whether anything is at `path`. */
export async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Paths of the regular files below `folder`, sorted; none when there is no such folder. */
async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(prefix, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found.toSorted();
}

/** With the modes of new files: an installed package may be read-only. */
async function copyFile(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  const isExecutable = ((await lstat(from)).mode & EXECUTABLE) !== 0;
  await writeFile(to, await readFile(from), { flag: 'wx', mode: isExecutable ? 0o777 : 0o666 });
}
