import { basename, join } from 'node:path';

import { isName } from '../core/names.ts';
import type { RuntimeOption, RuntimeSpec } from '../core/specs.ts';
import { parseYaml } from './document.ts';
import { exists, foldersIn, shownPath } from './folders.ts';
import type { Inputs } from './inputs.ts';
import { declaredOption } from './options.ts';
import { Problems } from './problems.ts';
import type { RawRuntime } from './raw.ts';
import { readText } from './read-text.ts';
import { Scope } from './scope.ts';
import { quoted } from './source.ts';
import { validate } from './validate.ts';

/** `unknown`: no template of that name. `invalid`: its runtime.yml was reported. */
export type FoundRuntime = RuntimeSpec | 'unknown' | 'invalid';

/** Finds runtimes by name, each once: first in the project's own `templates/`, then in those that came with faaso. */
export class Runtimes {
  readonly #inputs: Inputs;
  readonly #found = new Map<string, Promise<FoundRuntime>>();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  find(name: string): Promise<FoundRuntime> {
    const known = this.#found.get(name) ?? this.#load(name);
    this.#found.set(name, known);
    return known;
  }

  /** A runtime that nothing names, for a hint: what is wrong with it is not reported. */
  async peek(name: string): Promise<RuntimeSpec | undefined> {
    const quiet = new Runtimes({ ...this.#inputs, problems: new Problems(), watched: new Set() });
    const found = await quiet.find(name);
    return found === 'invalid' || found === 'unknown' ? undefined : found;
  }

  /** The names of all templates, sorted. */
  async names(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const folder of this.#folders()) {
      for (const name of await foldersIn(folder))
        if (await exists(join(folder, name, 'runtime.yml'))) names.add(name);
    }
    return [...names].toSorted();
  }

  #folders(): readonly string[] {
    return [join(this.#inputs.root, 'templates'), this.#inputs.templates];
  }

  async #load(name: string): Promise<FoundRuntime> {
    if (!isName(name)) return 'unknown';
    for (const folder of this.#folders()) {
      const file = join(folder, name, 'runtime.yml');
      if (await exists(file)) return (await loadRuntime(this.#inputs, join(folder, name), file)) ?? 'invalid';
    }
    return 'unknown';
  }
}

async function loadRuntime(inputs: Inputs, folder: string, file: string): Promise<RuntimeSpec | undefined> {
  const { problems, root, watched } = inputs;
  watched.add(folder);
  const source = await readText(file, shownPath(root, file), problems);
  const document = source === undefined ? undefined : parseYaml(source, problems);
  const raw = document === undefined ? undefined : validate('runtime', document, problems)?.raw;
  return document === undefined || raw === undefined
    ? undefined
    : runtimeSpec(new Scope(document, problems), raw, folder);
}

function runtimeSpec(scope: Scope, raw: RawRuntime, folder: string): RuntimeSpec | undefined {
  const name = basename(folder);
  if (raw.name !== name) {
    scope.error('name', `name must be that of the folder, ${quoted(name)}, not ${quoted(raw.name)}`);
    return undefined;
  }
  const required = raw.required ?? [];
  let isComplete = true;
  for (const [index, group] of required.entries()) {
    for (const [item, file] of group.entries()) {
      if (!/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\]+$/.test(file)) {
        scope
          .in('required', String(index))
          .error(String(item), `${quoted(file)} must be a file in the function's folder`);
        isComplete = false;
      }
    }
  }
  const options: [string, RuntimeOption][] = [];
  for (const [key, rawOption] of Object.entries(raw.options ?? {})) {
    const option = declaredOption(scope.in('options', key), rawOption);
    if (option === undefined) isComplete = false;
    else options.push([key, option]);
  }
  if (!isComplete) return undefined;
  const { bases, description = '' } = raw;
  return { name, description, folder, bases, required, options: Object.fromEntries(options) };
}
