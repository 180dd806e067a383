import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

import { listRuntimes } from '../../config/list-runtimes.ts';
import { closest } from '../../config/suggest.ts';
import { FaasoError } from '../../core/errors.ts';
import { TEMPLATES } from '../../files/templates.ts';
import type { ProjectLocation } from '../api.ts';
import type { RuntimeAnswer, RuntimesAnswer } from './api.ts';

/** The runtimes of a project, or those that came with faaso. */
export async function runtimes(location: ProjectLocation | undefined): Promise<RuntimesAnswer> {
  const folder = location === undefined ? undefined : dirname(location.file);
  const root = folder === undefined ? undefined : await realpath(folder).catch(() => folder);
  const { runtimes: found, diagnostics } = await listRuntimes(root, TEMPLATES);
  return {
    runtimes: found.map(({ spec, own }) => ({ ...spec, from: own ? 'project' : 'faaso' })),
    diagnostics,
  };
}

/** The runtime of that name; rejects with `config-invalid` when its runtime.yml has a problem, else with `runtime-unknown`. */
export async function runtime(location: ProjectLocation | undefined, name: string): Promise<RuntimeAnswer> {
  const { runtimes: found, diagnostics } = await runtimes(location);
  const known = found.find((item) => item.name === name);
  if (known !== undefined) return known;
  const own = diagnostics.filter(({ file }) => file.endsWith(`${name}/runtime.yml`));
  if (own.length > 0)
    throw new FaasoError('config-invalid', `the runtime ${name} has a problem`, { diagnostics: own });
  const names = found.map((item) => item.name);
  const meant = closest(name, names);
  throw new FaasoError('runtime-unknown', `no runtime is named "${name}"`, {
    hint: meant === undefined ? `there are ${names.join(', ')}: faaso runtimes` : `did you mean "${meant}"?`,
  });
}
