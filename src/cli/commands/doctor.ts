import { projectIfAny } from '../project-if-any.ts';
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
