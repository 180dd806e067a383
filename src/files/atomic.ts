import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, or the next start after a power cut, sees the old content or the new, never
 * half: temporary name in the same folder, fsync, rename, fsync of the folder. `mode` counts without the umask.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  await replace(path, data, mode, true);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The same for what counts in this boot alone: a reader never sees half of it, and nobody waits for the disk. */
export async function replaceFile(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  await replace(path, data, mode, false);
}

async function replace(path: string, data: string | Uint8Array, mode: number, sync: boolean): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(data);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
