import { dirname, join, resolve } from 'node:path';

import { exists } from './folders.ts';

/** The name of the file that makes a folder a project. */
export const PROJECT_FILE = 'functions.yml';

/** Absolute path of the `functions.yml` in the folder `from` or the nearest one above it; `undefined` when there is none. */
export async function findProjectFile(from: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = join(folder, PROJECT_FILE);
    if (await exists(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}
