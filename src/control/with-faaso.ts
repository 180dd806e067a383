import { createFaaso } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import type { ProjectLocation } from './api.ts';

/** Opens the project for one piece of work in this process, and closes it again. */
export async function withFaaso<Result>(
  location: ProjectLocation,
  work: (faaso: Faaso) => Promise<Result>,
): Promise<Result> {
  const faaso = await createFaaso(location.file, location.env);
  try {
    return await work(faaso);
  } finally {
    faaso.close();
  }
}
