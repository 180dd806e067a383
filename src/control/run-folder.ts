import { chmod, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { FaasoError } from '../core/errors.ts';

/** Beside the sockets: the project's folder as text, for whoever finds them once it is gone. */
export const ROOT_RECORD = 'root';

/**
 * Makes the folder of the sockets of the project in `root`. Nobody else may enter it: whoever reaches the control
 * socket may deploy.
 */
export async function prepareRunFolder(run: string, root: string): Promise<void> {
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
  await writeFile(join(run, ROOT_RECORD), root, { mode: 0o600 });
}

/** Removes the folder unless a socket is in it. */
export async function leaveRunFolder(run: string): Promise<void> {
  const names = await readdir(run).catch(() => []);
  if (names.every((name) => name === ROOT_RECORD)) await rm(run, { recursive: true, force: true });
}
