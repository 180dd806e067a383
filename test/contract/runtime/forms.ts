import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './image.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** One way of writing a function in one runtime, with the folder of the fixture that is written so. */
export interface Form {
  readonly runtime: string;
  readonly name: string;
  readonly folder: string;
}

/** Names of all folders in `templates/`. */
export const RUNTIMES: readonly string[] = folders(join(ROOT, 'templates'));

/** The fixtures of a runtime; a name that starts with `_` is shared by several. */
export function formsOf(runtime: string): readonly Form[] {
  if (!folders(FIXTURES).includes(runtime)) return [];
  const names = folders(join(FIXTURES, runtime)).filter((name) => !name.startsWith('_'));
  return names.map((name) => ({ runtime, name, folder: join(FIXTURES, runtime, name) }));
}

function folders(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
