import { errorData, toFaasoError } from '../core/errors.ts';
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { Faaso } from '../faaso.ts';
import { knownName } from '../project/function-names.ts';
import type { Reading } from '../project/load.ts';
import type { BuildAnswer, Client } from './api.ts';
import { emitter, newRunId } from './runs.ts';

/** Makes the images of the named functions, or of all, as the files say them now. Functions fail alone. */
export async function buildFunctions(
  faaso: Faaso,
  reading: Reading,
  ...[names, flags, listener, signal]: Parameters<Client['build']>
): ReturnType<Client['build']> {
  // Without an engine nothing can be built: no matter of single functions.
  const [{ project }] = await Promise.all([faaso.load(reading), faaso.engine.info()]);
  const emit = emitter(newRunId(), listener);
  const wanted =
    names.length === 0
      ? project.functions.map((fn) => fn.name)
      : names.map((name) => knownName(project, name));
  const built: BuildAnswer[] = [];
  const failed: FunctionName[] = [];
  const build = async (name: FunctionName): Promise<void> => {
    const fn = project.functions.find((item) => item.name === name);
    if (fn === undefined) return;
    const began = performance.now();
    emit({ kind: 'step-started', function: name, step: 'build-image' });
    try {
      const { present } = await faaso.builder.prepare(project, fn);
      const onLine = (line: string): void => emit({ kind: 'build-log', function: name, line });
      const prepared = await faaso.builder.ensure(project, fn, flags, onLine, signal);
      const durationMs = Math.round(performance.now() - began);
      const kept = present && !flags.noCache && !flags.pull;
      built.push({
        function: name,
        image: prepared.image,
        revision: prepared.revision,
        present: kept,
        durationMs,
      });
      const detail = kept ? 'there already' : short(prepared.revision);
      emit({ kind: 'step-done', function: name, step: 'build-image', durationMs, detail });
    } catch (error) {
      failed.push(name);
      const durationMs = Math.round(performance.now() - began);
      const known = toFaasoError(signal.aborted ? signal.reason : error);
      const outcome = {
        kind: 'failed',
        step: 'build-image',
        error: errorData(known),
        serving: null,
      } as const;
      emit({ kind: 'function-done', function: name, outcome, durationMs });
    }
  };
  await Promise.all(wanted.map(build));
  return { built, failed };
}
