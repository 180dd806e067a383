import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

import type { FolderSource, RuntimeSpec, TestCase } from '../core/specs.ts';
import { parseYaml } from './document.ts';
import { fileCopies } from './files.ts';
import { isInside, shownPath } from './folders.ts';
import type { HealthPart } from './health.ts';
import type { Inputs } from './inputs.ts';
import { checkRequired } from './required.ts';
import { optionValues } from './options.ts';
import { readText } from './read-text.ts';
import type { Runtimes } from './runtimes.ts';
import { Scope } from './scope.ts';
import { quoted } from './source.ts';
import { closest } from './suggest.ts';
import { testCases } from './test-cases.ts';
import { validate } from './validate.ts';

/** What a function's folder says of it. */
export interface Metadata {
  readonly description: string;
  readonly source: FolderSource;
  readonly tests: readonly TestCase[];
  readonly health: HealthPart | undefined;
}

export interface MetadataParts {
  readonly runtimes: Runtimes;
  /** Absolute paths of the project's env files. */
  readonly envFiles: readonly string[];
}

/** Reads a function's folder (absolute real path); `undefined` when a problem was reported. */
export async function loadMetadata(
  inputs: Inputs,
  { runtimes, envFiles }: MetadataParts,
  folder: string,
): Promise<Metadata | undefined> {
  const { problems, root, watched } = inputs;
  watched.add(folder);
  const file = join(folder, 'metadata.yml');
  const shown = shownPath(root, file);
  const real = await realpath(file).catch(() => file);
  if (!isInside(root, real)) {
    problems.error(() => ({ file: shown }), "the file leads out of the project's folder");
    return undefined;
  }
  const source = await readText(file, shown, problems);
  const document = source === undefined ? undefined : parseYaml(source, problems, 'runtime: python');
  const raw = document === undefined ? undefined : validate('metadata', document, problems)?.raw;
  if (document === undefined || raw === undefined) return undefined;

  const scope = new Scope(document, problems);
  const runtime = await findRuntime(runtimes, scope, raw.runtime);
  if (runtime !== undefined) await checkRequired(scope, runtimes, runtime, folder);
  const files = await fileCopies(inputs, scope, { folder, envFiles }, raw.files ?? []);
  const tests = testCases(scope, raw.test ?? []);
  if (runtime === undefined) return undefined;
  return {
    description: raw.description ?? '',
    source: {
      kind: 'folder',
      folder,
      runtime,
      packages: { build: raw.packages?.build ?? [], run: raw.packages?.run ?? [] },
      files,
      ...(envFiles.length === 0 ? {} : { envFiles }),
      options: optionValues(scope.in('options'), runtime, raw.options ?? {}),
    },
    tests,
    health: raw.health === undefined ? undefined : { scope: scope.in('health'), raw: raw.health },
  };
}

async function findRuntime(runtimes: Runtimes, scope: Scope, name: string): Promise<RuntimeSpec | undefined> {
  const found = await runtimes.find(name);
  if (found === 'invalid') return undefined;
  if (found !== 'unknown') return found;
  const names = await runtimes.names();
  const suggestion = closest(name, names);
  const help = suggestion === undefined && names.length > 0 ? `; there are ${names.join(', ')}` : '';
  scope.error('runtime', `there is no runtime ${quoted(name)}${help}`, suggestion);
  return undefined;
}
