import { errorCode, FaasoError } from '../../core/errors.ts';

/** What the system says where it lets nobody write. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  EISDIR: 'a folder is in the way',
  ENAMETOOLONG: 'the path is too long',
};

/** Runs `work`, which writes below `root`; a folder that cannot be written is the user's to mend, not a defect. */
export async function written<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = REASONS[errorCode(error) ?? ''];
    if (error instanceof FaasoError || reason === undefined) throw error;
    const { path = root } = error as NodeJS.ErrnoException;
    throw new FaasoError('file-unwritable', `${path} cannot be read or written: ${reason}`, {
      cause: error,
      hint: 'nothing was changed; mend that, then run this again',
    });
  }
}
