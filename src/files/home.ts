import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCode, FaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { makeFolder } from './make-folder.ts';

/** Makes `.faaso/`, which no version control should see and no other user read. */
export async function prepareHome(paths: ProjectPaths): Promise<void> {
  try {
    await makeFolder(paths.state, 0o700);
    await access(paths.state, constants.W_OK);
    await writeFile(join(paths.home, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }).catch(
      (error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      },
    );
  } catch (error) {
    throw await unusableHome(paths.home, error);
  }
}

/** What keeps `.faaso/` from being used, in words; what is no matter of rights stays as it is. */
export async function unusableHome(home: string, error: unknown): Promise<unknown> {
  const because = (problem: string, hint: string): FaasoError =>
    new FaasoError('state-unreadable', `${home} ${problem}`, { cause: error, hint });
  if (errorCode(error) === 'EROFS') {
    const hint = 'faaso keeps its state beside functions.yml: put the project where it may write';
    return because('cannot be written: the file system is read-only', hint);
  }
  if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOTDIR')
    return because('is not a folder', 'faaso keeps its state there: move the file away');
  if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM') return error;
  const parent = dirname(home);
  const own = await stat(home).catch((cause: unknown) => (errorCode(cause) === 'ENOENT' ? null : undefined));
  const folder = own ?? (await stat(parent).catch(() => undefined));
  const owner = folder === undefined ? 'the user who owns it' : `its owner (user ${folder.uid})`;
  const user = process.getuid?.() ?? 0;
  if (own === null)
    return because(
      `cannot be made: user ${user} may not write to ${parent}`,
      `run faaso as ${owner}, or mend the rights of that folder`,
    );
  const problem = `is closed to user ${user}`;
  return because(problem, `run faaso as ${owner}, or mend its owner and rights`);
}
