import { FaasoError } from '../../core/errors.ts';
import { fileProblem } from '../../core/file-problem.ts';

/** Runs `work`, which writes below `root`; a folder that cannot be written is the user's to mend, not a defect. */
export async function written<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const problem = fileProblem(error);
    if (error instanceof FaasoError || problem === undefined) throw error;
    const { path = root, cannotBe, reason } = problem;
    throw new FaasoError('file-unwritable', `${path} cannot be ${cannotBe}: ${reason}`, {
      cause: error,
      hint: 'nothing was changed; mend that, then run this again',
    });
  }
}
