import { join } from 'node:path';

import type { FunctionName } from '../core/names.ts';
import { parseFunctionName } from '../core/names.ts';
import type { FunctionSpec } from '../core/specs.ts';
import { containerSpec } from './container.ts';
import { DEFAULTS } from './defaults.ts';
import { EnvFiles } from './env-files.ts';
import { exists, folderInside, foldersIn, shownPath } from './folders.ts';
import type { Inputs } from './inputs.ts';
import type { Metadata } from './metadata.ts';
import { loadMetadata } from './metadata.ts';
import type { RawFunction } from './raw.ts';
import { Runtimes } from './runtimes.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';
import { closest } from './suggest.ts';

/** Folders read at the same time. */
const PARALLEL = 8;

/** A function that the project has: one with an entry of its own, or one that only a route names. */
export interface Named {
  readonly name: string;
  /** Its entry, or the first route that names it. */
  readonly scope: Scope;
  readonly entry: RawFunction | undefined;
  /** Of a function without entry: the routes that name it, and where they do. */
  readonly mentions: readonly { readonly route: string; readonly scope: Scope }[];
}

/** Resolves all functions, sorted by name; those that a problem was reported for are missing. */
export async function functionSpecs(
  inputs: Inputs,
  named: readonly Named[],
): Promise<readonly FunctionSpec[]> {
  const loader = new FunctionLoader(inputs, named);
  const waiting = named.values();
  const found: FunctionSpec[] = [];
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      const spec = await loader.load(item);
      if (spec !== undefined) found.push(spec);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

class FunctionLoader {
  readonly #inputs: Inputs;
  readonly #named: readonly Named[];
  readonly #runtimes: Runtimes;
  readonly #envFiles: EnvFiles;
  /** Paths of all env files, which no function's image may have. */
  readonly #private: Promise<readonly string[]>;
  readonly #folders = new Map<string, Promise<Metadata | undefined>>();

  constructor(inputs: Inputs, named: readonly Named[]) {
    this.#inputs = inputs;
    this.#named = named;
    this.#runtimes = new Runtimes(inputs);
    this.#envFiles = new EnvFiles(inputs);
    this.#private = this.#envFiles.paths(named.map(({ entry = {} }) => entry));
  }

  async load(item: Named): Promise<FunctionSpec | undefined> {
    const name = parseFunctionName(item.name);
    if (name === undefined) return undefined;
    // In a table that is a plain object, this name finds what it should not.
    if (name === 'constructor') {
      item.scope.problems.error(
        item.scope.document.key(item.scope.path),
        'a function cannot be named "constructor"',
      );
      return undefined;
    }
    const { image } = item.entry ?? {};
    return image === undefined ? this.#fromFolder(name, item) : this.#fromImage(name, item, image);
  }

  async #fromImage(name: FunctionName, { scope, entry = {} }: Named, image: string): Promise<FunctionSpec> {
    if (entry.source !== undefined) scope.error('source', `${name} has both source and image; keep one`);
    const env = await this.#envFiles.values(scope, entry);
    const source = { kind: 'image', image } as const;
    const container = containerSpec(scope, entry, { kind: 'image', env, health: [] });
    return { name, description: '', source, container, tests: [] };
  }

  async #fromFolder(name: FunctionName, item: Named): Promise<FunctionSpec | undefined> {
    const { scope, entry = {} } = item;
    if (entry.port !== undefined) {
      scope.error(
        'port',
        `port is for images; a function from a folder listens on PORT, which is ${DEFAULTS.port}`,
      );
    }
    const env = await this.#envFiles.values(scope, entry);
    const folder = await this.#folder(item);
    if (folder === undefined) return undefined;
    if (!(await exists(join(folder, 'metadata.yml')))) {
      const shown = shownPath(this.#inputs.root, folder);
      this.#inputs.watched.add(folder);
      scope.error(
        undefined,
        `${shown} has no metadata.yml; write one that names the runtime, as in "runtime: python"`,
      );
      return undefined;
    }
    const known =
      this.#folders.get(folder) ??
      this.#private.then((envFiles) =>
        loadMetadata(this.#inputs, { runtimes: this.#runtimes, envFiles }, folder),
      );
    this.#folders.set(folder, known);
    const metadata = await known;
    if (metadata === undefined) return undefined;
    const { description, source, tests, health } = metadata;
    const parts = { kind: 'folder', env, health: health === undefined ? [] : [health] } as const;
    return { name, description, source, container: containerSpec(scope, entry, parts), tests };
  }

  /** The function's folder as an absolute real path. */
  async #folder(item: Named): Promise<string | undefined> {
    const { root, watched } = this.#inputs;
    const { name, scope, entry } = item;
    const shown = entry?.source ?? `functions/${name}`;
    const path = join(root, shown);
    const found = shown.startsWith('/')
      ? ({ kind: 'refused', reason: "must be relative to the project's folder" } as const)
      : await folderInside(root, path);
    if (found.kind === 'folder') return found.path;
    if (found.kind === 'missing') watched.add(path);
    if (found.kind === 'refused')
      scope.error(entry?.source === undefined ? undefined : 'source', `${quoted(shown)} ${found.reason}`);
    else await this.#reportMissing(item, shown);
    return undefined;
  }

  async #reportMissing({ name, scope, entry, mentions }: Named, shown: string): Promise<void> {
    if (entry?.source !== undefined) {
      scope.error('source', `the folder ${quoted(shown)} of function ${name} does not exist`);
      return;
    }
    const folders = await foldersIn(join(this.#inputs.root, 'functions'));
    const suggestion = (): string | undefined => {
      const others = this.#named.filter((other) => other.entry !== undefined && other.name !== name);
      return closest(name, [...others.map((other) => other.name), ...folders]);
    };
    if (entry === undefined) {
      for (const { route, scope: place } of mentions) {
        place.error(
          undefined,
          `route ${route} names a function ${quoted(name)} that does not exist`,
          suggestion,
        );
      }
    } else {
      const message = `function ${quoted(name)} has nothing to run: there is no folder ${shown}, and neither source nor image is set`;
      scope.problems.error(scope.document.key(scope.path), message, suggestion);
    }
  }
}
