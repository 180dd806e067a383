import type { FaasoError } from '../core/errors.ts';
import { toFaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { FolderSource, Project, RuntimeSpec } from '../core/specs.ts';
import { contextEntries, templateEntries } from './context.ts';
import type { ContextEntry } from './entries.ts';
import { createSlots } from './slots.ts';

/** How many functions' files are read at once. */
const READERS = 8;

/** What stands in the way of a function's build. */
export interface ContextProblem {
  readonly function: FunctionName;
  readonly source: FolderSource;
  readonly error: FaasoError;
}

/** Puts together every function's build context, as a build would, and tells of those that may not be built. No engine. */
export async function checkContexts(project: Project): Promise<readonly ContextProblem[]> {
  const templates = new Map<string, Promise<readonly ContextEntry[]>>();
  const templateOf = (runtime: RuntimeSpec): Promise<readonly ContextEntry[]> => {
    const known = templates.get(runtime.folder) ?? templateEntries(runtime);
    templates.set(runtime.folder, known);
    return known;
  };
  const readers = createSlots(READERS);
  const checks = project.functions.map(async ({ name, source }): Promise<readonly ContextProblem[]> => {
    if (source.kind !== 'folder') return [];
    const check = async (): Promise<unknown> =>
      await contextEntries(project.root, source, await templateOf(source.runtime));
    return await readers.run(check).then(
      () => [],
      (thrown: unknown) => {
        const error = toFaasoError(thrown);
        if (error.kind.blame === 'system') throw error;
        return [{ function: name, source, error }];
      },
    );
  });
  return (await Promise.all(checks)).flat();
}
