import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { FaasoError } from '../core/errors.ts';

/** Makes the folder of the sockets, which nobody else may enter: whoever reaches the control socket may deploy. */
export async function prepareRunFolder(run: string): Promise<void> {
  const base = dirname(run);
  for (const folder of [base, run]) {
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
    const info = await lstat(folder);
    const uid = process.getuid?.() ?? info.uid;
    if (!info.isDirectory() || info.uid !== uid) {
      throw new FaasoError('state-unreadable', `${folder} belongs to another user (uid ${info.uid})`, {
        hint: `remove it, or set XDG_RUNTIME_DIR to a folder of your own`,
      });
    }
    if ((info.mode & 0o077) !== 0) await chmod(folder, 0o700);
  }
}
