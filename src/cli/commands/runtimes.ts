import { FaasoError } from '../../core/errors.ts';
import { projectIfAny } from '../project-if-any.ts';
import { printData, printLines } from '../render/print.ts';
import { renderRuntime, renderRuntimes } from '../render/runtimes.ts';
import type { Call } from '../verb.ts';

/** `faaso runtimes [NAME]` */
export async function run(call: Call): Promise<number> {
  const [name] = call.args;
  const begin = await call.backend.begin();
  const location = await projectIfAny(call);
  const answer =
    name === undefined
      ? await begin.runtimes(location)
      : { runtimes: [await begin.runtime(location, name)], diagnostics: [] };
  const [one] = answer.runtimes;
  if (call.json) printData(call.io, answer);
  else if (name !== undefined && one !== undefined)
    printLines(call.io, renderRuntime(one, call.io.out.columns));
  else printLines(call.io, renderRuntimes(answer, call.io.out.columns, call.paint));
  if (answer.diagnostics.length > 0 && !call.json) {
    throw new FaasoError('config-invalid', 'a runtime.yml has a problem', {
      diagnostics: answer.diagnostics,
    });
  }
  return answer.diagnostics.length > 0 ? 2 : 0;
}
