import type { ProjectLocation } from '../control/api.ts';
import { FaasoError } from '../core/errors.ts';
import type { Call } from './verb.ts';

/** The project of a verb that can do without one. One that was asked for by name must be there. */
export async function projectIfAny(call: Call): Promise<ProjectLocation | undefined> {
  const isNamed = call.value('--project') !== undefined || call.files.length > 0;
  try {
    return await call.locate();
  } catch (error) {
    const isNone = error instanceof FaasoError && error.code === 'project-missing';
    if (!isNone || isNamed || (call.io.env['FAASO_FILE'] ?? '') !== '') throw error;
    return undefined;
  }
}
