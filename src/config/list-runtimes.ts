import type { Diagnostic } from '../core/diagnostics.ts';
import type { RuntimeSpec } from '../core/specs.ts';
import { isInside } from './folders.ts';
import { Problems } from './problems.ts';
import { Runtimes } from './runtimes.ts';

export interface ListedRuntime {
  readonly spec: RuntimeSpec;
  /** Whether it lies in the project's own `templates/`. */
  readonly own: boolean;
}

/**
 * All runtimes that a project may use, sorted by name; without a project (`root` absent) those that came with faaso
 * (`templates`). One whose runtime.yml has a problem is reported and left out.
 */
export async function listRuntimes(
  root: string | undefined,
  templates: string,
): Promise<{ readonly runtimes: readonly ListedRuntime[]; readonly diagnostics: readonly Diagnostic[] }> {
  const problems = new Problems();
  // A folder that holds no templates of its own.
  const inputs = { root: root ?? templates, templates, problems, watched: new Set<string>() };
  const known = new Runtimes(inputs);
  const found = await Promise.all((await known.names()).map((name) => known.find(name)));
  const runtimes = found.flatMap((spec) =>
    typeof spec === 'string' ? [] : [{ spec, own: !isInside(templates, spec.folder) }],
  );
  return { runtimes, diagnostics: problems.list('') };
}
