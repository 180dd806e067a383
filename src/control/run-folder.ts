import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { FaasoError } from '../core/errors.ts';

/** Makes the folder of the sockets, which nobody else may enter: whoever reaches the control socket may deploy. */
export async function prepareRunFolder(run: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  for (const folder of [dirname(run), run]) {
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause)) throw cause;
      if (cause.code !== 'EEXIST') {
        throw new FaasoError(
          'state-unreadable',
          `${folder}, for the sockets, cannot be made (${cause.message})`,
          {
            cause,
            hint: 'set XDG_RUNTIME_DIR to a folder of your own',
          },
        );
      }
    }
    // Not followed: in /tmp anybody may have put a link, or a folder that only looks like ours.
    const info = await lstat(folder);
    if (!info.isDirectory() || info.uid !== uid) {
      const what = info.isDirectory() ? `belongs to user ${info.uid}` : 'is no folder';
      throw new FaasoError('state-unreadable', `${folder}, for the sockets, ${what}`, {
        hint: 'remove it, or set XDG_RUNTIME_DIR to a folder of your own',
      });
    }
    if ((info.mode & 0o077) !== 0) await chmod(folder, 0o700);
  }
}
