import { relative } from 'node:path';

import type { Diagnostic } from '../../core/diagnostics.ts';
import { createFaaso } from '../../faaso.ts';
import { InvalidFiles } from '../../project/load.ts';
import type { Faaso } from '../../faaso.ts';
import type { ProjectLocation } from '../api.ts';
import type { ValidateAnswer } from './api.ts';

/** All that can be said against the project's files without an engine: what they say, and what builds would refuse. */
export async function validate(location: ProjectLocation): Promise<ValidateAnswer> {
  const faaso = await createFaaso(location.file, location.env);
  try {
    const { project, warnings, unsetSecrets } = await faaso.load(location);
    const problems = (await faaso.check(project)).map((problem) => asDiagnostic(faaso, problem));
    return {
      valid: problems.length === 0,
      functions: project.functions.length,
      routes: project.routes.length,
      diagnostics: [...warnings, ...unsetSecrets(project.functions.map(({ name }) => name)), ...problems],
    };
  } catch (error) {
    if (!(error instanceof InvalidFiles)) throw error;
    return { valid: false, functions: null, routes: null, diagnostics: error.diagnostics };
  } finally {
    faaso.close();
  }
}

/** A function's folder as the place of what may not enter its build. */
function asDiagnostic(
  { root }: Faaso,
  { source, error }: Awaited<ReturnType<Faaso['check']>>[number],
): Diagnostic {
  const file = relative(root, source.folder);
  const message = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
  return { severity: 'error', message, file, excerpt: [] };
}
