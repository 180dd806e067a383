import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errorCode } from '../core/errors.ts';

/**
 * As `mkdir -p`: returns the topmost folder that was made, if any. Rejects with what the system says of the folder that
 * could not be made. (Node's own says ENOENT of the whole path where that is another reason, as EROFS.)
 */
export async function makeFolder(path: string, mode = 0o777): Promise<string | undefined> {
  const make = async (): Promise<string | undefined> => await mkdir(path, { recursive: true, mode });
  try {
    return await make();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    await mkdir(await firstMissing(path), { mode });
    return await make();
  }
}

/** The topmost folder of `path` that is not there. */
async function firstMissing(path: string): Promise<string> {
  const parent = dirname(path);
  const found = await access(parent).then(
    () => true,
    () => false,
  );
  return found || parent === path ? path : await firstMissing(parent);
}
