import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { FaasoError } from '../core/errors.ts';
import { fileProblem } from '../core/file-problem.ts';
import { makeFolder } from '../files/make-folder.ts';
import { withArgDefaults } from './dockerfile.ts';
import type { ContextEntry } from './entries.ts';
import { readEntry } from './read-file.ts';
import { parentFolders } from './tar.ts';

/**
 * Writes a context into `folder`, which must be absent or empty, with the arguments as defaults in its
 * Dockerfile. Leaves the folder empty when it fails. Rejects with `usage` when the folder holds something.
 */
export async function writeContext(
  entries: readonly ContextEntry[],
  args: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  await prepareFolder(folder);
  try {
    for (const parent of parentFolders(entries)) await mkdir(join(folder, parent), { mode: 0o755 });
    for (const entry of entries) await writeEntry(entry, join(folder, entry.path));
    const dockerfile = join(folder, 'Dockerfile');
    await writeFile(dockerfile, withArgDefaults(await readFile(dockerfile, 'utf8'), args));
  } catch (error) {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new FaasoError('usage', `${folder} cannot be used for the export: ${problem.reason}`, {
      cause: error,
      hint: 'name a folder that does not exist yet, where you may write',
    });
  }
  throw new FaasoError('usage', `${folder} is not empty`, { hint: 'name a folder that does not exist yet' });
}

async function writeEntry(entry: ContextEntry, path: string): Promise<void> {
  if (entry.kind === 'link') {
    await symlink(entry.target, path);
    return;
  }
  await pipeline(Readable.from(readEntry(entry)), createWriteStream(path, { flags: 'wx' }));
  await chmod(path, entry.executable ? 0o755 : 0o644);
}

/** The command that builds the exported folder, for a shell. */
export function buildCommand(folder: string, tag: string, caBundle: string | undefined): string {
  const secret = caBundle === undefined ? '' : ` --secret ${shellWord(`id=ca_bundle,src=${caBundle}`)}`;
  return `DOCKER_BUILDKIT=1 docker build -t ${shellWord(tag)}${secret} ${shellWord(folder)}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
