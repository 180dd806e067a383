import { lstat } from 'node:fs/promises';
import { join, relative } from 'node:path';

import type { FolderSource, RuntimeSpec } from '../core/specs.ts';
import { errorCode } from '../core/errors.ts';
import { copyFiles } from './copies.ts';
import type { ContextEntry } from './entries.ts';
import { byPath } from './entries.ts';
import { defaultIgnore, readIgnore } from './ignore.ts';
import { contextInvalid } from './invalid.ts';
import { fileEntry, newBudget, walk } from './walk.ts';

/** Where the function's own files lie in the context. */
export const FUNCTION_PREFIX = 'function/';

/** The template's part of a context: `Dockerfile` and everything in `shim/`. Rejects with `context-invalid`. */
export async function templateEntries(runtime: RuntimeSpec): Promise<readonly ContextEntry[]> {
  const shown = `templates/${runtime.name}`;
  const budget = newBudget();
  const dockerfile = join(runtime.folder, 'Dockerfile');
  if (!(await exists(dockerfile))) throw contextInvalid(`${shown} has no Dockerfile`);
  const entries = [await fileEntry(dockerfile, 'Dockerfile', `${shown}/Dockerfile`, budget)];
  const shim = join(runtime.folder, 'shim');
  if (!(await exists(shim))) return entries;
  const walked = await walk({
    folder: shim,
    prefix: 'shim/',
    ignore: defaultIgnore,
    shown: `${shown}/shim`,
    budget,
  });
  return [...entries, ...walked];
}

/**
 * The whole context of a function, sorted by path: the template's entries, the function's folder under
 * `function/` and what `files:` names over it, but no env file. `root` is the project's. Rejects with `context-invalid`.
 */
export async function contextEntries(
  root: string,
  source: FolderSource,
  template: readonly ContextEntry[],
): Promise<readonly ContextEntry[]> {
  const shown = relative(root, source.folder) || '.';
  if (!(await exists(source.folder))) throw contextInvalid(`${shown} does not exist`);
  const budget = newBudget();
  const ignore = await readIgnore(source.folder, shown);
  const merged = new Map<string, ContextEntry>();
  const envFiles = new Set(source.envFiles);
  const add = (entry: ContextEntry): void => {
    if (envFiles.has(entry.source)) return;
    const known = merged.get(entry.path);
    if (known !== undefined && known.source !== entry.source) {
      throw contextInvalid(
        `${entry.path} comes from two places: ${relative(root, known.source)} and ${relative(root, entry.source)}`,
        'give one another "to:"',
      );
    }
    merged.set(entry.path, entry);
  };
  template.forEach(add);
  (await walk({ folder: source.folder, prefix: FUNCTION_PREFIX, ignore, shown, budget })).forEach(add);
  for (const copy of source.files) {
    (await copyFiles({ root, folder: source.folder, prefix: FUNCTION_PREFIX, budget }, copy)).forEach(add);
  }
  checkParents(merged);
  return [...merged.values()].sort(byPath);
}

/** Refuses a path below a file or link: it would be written through the link. */
function checkParents(entries: ReadonlyMap<string, ContextEntry>): void {
  for (const { path } of entries.values()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = entries.get(path.slice(0, end));
      if (parent !== undefined)
        throw contextInvalid(
          `${path} lies below ${parent.path}, which is a ${parent.kind}`,
          'change "to:" in metadata.yml',
        );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
