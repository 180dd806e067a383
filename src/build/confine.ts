import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

import { errorCode } from '../core/errors.ts';
import { contextInvalid } from './invalid.ts';

/** Whether absolute `path` is `folder` or lies in it, judged by the text alone. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Refuses a symbolic link that is absolute or leads out of `folder`, by its text or once every link on its way
 * is followed. A link to nothing, or in a circle, passes: in the image it can only lead nowhere.
 */
export async function checkLink(folder: string, link: string, target: string, shown: string): Promise<void> {
  const hint = 'copy the file there instead, or name it under "files:" in metadata.yml';
  if (isAbsolute(target)) {
    throw contextInvalid(
      `${shown} is a link with an absolute target: ${target}`,
      `make it relative, or ${hint}`,
    );
  }
  const outside = contextInvalid(`${shown} is a link that leads out of its folder: ${target}`, hint);
  if (!isInside(folder, resolve(dirname(link), target))) throw outside;
  try {
    if (!isInside(folder, await realpath(link))) throw outside;
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ELOOP' && code !== 'ENOTDIR') throw error;
  }
}
