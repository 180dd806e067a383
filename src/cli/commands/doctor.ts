import { FaasoError } from '../../core/errors.ts';
import type { ProjectLocation } from '../../control/api.ts';
import { renderDoctor } from '../render/doctor.ts';
import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso doctor` */
export async function run(call: Call): Promise<number> {
  const answer = await call.backend.doctor(await projectIfAny(call), call.io.env);
  if (call.json) printData(call.io, answer);
  else printLines(call.io, renderDoctor(answer, call.io.out.columns, call.paint));
  return answer.failed ? 1 : 0;
}

/** Host and engine can be looked at without a project, unless one was asked for by name. */
async function projectIfAny(call: Call): Promise<ProjectLocation | undefined> {
  const isNamed = call.value('--project') !== undefined || call.files.length > 0;
  try {
    return await call.locate();
  } catch (error) {
    const isNone = error instanceof FaasoError && error.code === 'project-missing';
    if (!isNone || isNamed || (call.io.env['FAASO_FILE'] ?? '') !== '') throw error;
    return undefined;
  }
}
