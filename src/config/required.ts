import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';

import type { RuntimeSpec } from '../core/specs.ts';
import { exists } from './folders.ts';
import type { Runtimes } from './runtimes.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

/**
 * Reports each group of files of which the function's folder has none, with the file that was likely meant: one of the
 * same kind under another name, or one that another runtime needs.
 */
export async function checkRequired(
  scope: Scope,
  runtimes: Runtimes,
  runtime: RuntimeSpec,
  folder: string,
): Promise<void> {
  for (const group of runtime.required) {
    if (await hasOneOf(folder, group)) continue;
    const wanted = group.length === 1 ? `no ${group[0] ?? ''}` : `none of ${group.join(', ')}`;
    const message = `the folder has ${wanted}, which runtime ${runtime.name} needs`;
    const other = await suitable(runtimes, runtime, folder);
    if (other !== undefined) scope.error('runtime', `${message}; it has what ${other} needs`, other);
    else scope.error('runtime', `${message}${renaming(await filesIn(folder), group)}`);
  }
}

/** What the one file of a wanted kind could be renamed to. */
function renaming(files: readonly string[], group: readonly string[]): string {
  for (const wanted of group) {
    const alike = files.filter((file) => extname(file) === extname(wanted) && !file.startsWith('.'));
    const [only, ...more] = alike;
    if (only !== undefined && more.length === 0) return `; rename ${quoted(only)} to ${wanted}`;
    if (alike.length > 1)
      return `; it has ${alike.slice(0, 5).map(quoted).join(', ')}: name one of them ${wanted}`;
  }
  return '';
}

/** The one other runtime that the folder has everything for; a runtime that needs nothing suits all, which says nothing. */
async function suitable(
  runtimes: Runtimes,
  runtime: RuntimeSpec,
  folder: string,
): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of await runtimes.names()) {
    const other = name === runtime.name ? undefined : await runtimes.peek(name);
    if (other === undefined || other.required.length === 0) continue;
    const has = await Promise.all(other.required.map((group) => hasOneOf(folder, group)));
    if (!has.includes(false)) found.push(name);
  }
  return found.length === 1 ? found[0] : undefined;
}

async function hasOneOf(folder: string, group: readonly string[]): Promise<boolean> {
  const found = await Promise.all(group.map((file) => exists(join(folder, file))));
  return found.includes(true);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).toSorted();
}
