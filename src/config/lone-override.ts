import { basename, dirname, join } from 'node:path';

import { word, workingFolder } from '../core/command.ts';
import { PROJECT_FILE } from './find.ts';
import { exists } from './folders.ts';
import type { YamlDocument } from './document.ts';
import type { Problems } from './problems.ts';

/**
 * Tells of a file that was named alone and looks like one that is to win over the functions.yml beside it: applied as
 * it is, it would remove what only functions.yml has. Returns whether it cannot be a project of its own.
 */
export async function isLoneOverride(
  file: string,
  document: YamlDocument,
  problems: Problems,
): Promise<boolean> {
  const name = basename(file);
  const { data } = document;
  const isMapping = typeof data === 'object' && data !== null && !Array.isArray(data);
  if (name === PROJECT_FILE || !isMapping || 'name' in data) return false;
  if (!(await exists(join(dirname(file), PROJECT_FILE)))) return false;
  // As it is typed here.
  const folder = dirname(file) === workingFolder() ? '' : `${dirname(file)}/`;
  const both = [PROJECT_FILE, name].map((each) => `-f ${word(`${folder}${each}`)}`).join(' ');
  if ('routes' in data) {
    problems.warn(
      () => ({ file: name }),
      `it has no "name" and is read without ${PROJECT_FILE}, which lies beside it; to read both: ${both}`,
    );
    return false;
  }
  problems.error(
    () => ({ file: name }),
    `it has neither "name" nor "routes", and ${PROJECT_FILE} lies beside it; to have its keys win over that one: ${both}`,
  );
  return true;
}
