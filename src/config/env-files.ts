import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

import type { Assignment } from './dotenv.ts';
import { parseDotenv } from './dotenv.ts';
import { checkVariable } from './container-env.ts';
import { isInside } from './folders.ts';
import type { Inputs } from './inputs.ts';
import type { RawFunction } from './raw.ts';
import { readText } from './read-text.ts';
import type { Scope } from './scope.ts';
import type { SourceText } from './source.ts';
import { quoted } from './source.ts';

interface EnvFile {
  readonly source: SourceText;
  readonly assignments: ReadonlyMap<string, Assignment>;
}

/** The `env_file`s of all functions. Each is read once. */
export class EnvFiles {
  readonly #inputs: Inputs;
  readonly #read = new Map<string, Promise<EnvFile | undefined>>();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  /** What an entry's files say together; problems are reported. `scope` is the entry's. */
  async values(scope: Scope, { env_file: named }: RawFunction): Promise<Readonly<Record<string, string>>> {
    const values = new Map<string, string>();
    for (const [index, file] of [named ?? []].flat().entries()) {
      const place = typeof named === 'string' ? scope : scope.in('env_file');
      const key = typeof named === 'string' ? 'env_file' : String(index);
      const problem = await this.#problem(file);
      if (problem !== undefined) {
        place.error(key, `${quoted(file)} ${problem}`);
        continue;
      }
      const read = await this.#once(file);
      for (const [name, { value, range }] of read?.assignments ?? []) {
        values.set(name, value);
        const wrong = checkVariable(name, value);
        const source = read?.source;
        if (wrong !== undefined && source !== undefined)
          scope.problems.error(() => ({ source, range }), wrong);
      }
    }
    return Object.fromEntries(values);
  }

  /** Absolute paths of the files that the entries name, with those that links among them lead to. */
  async paths(entries: readonly RawFunction[]): Promise<readonly string[]> {
    const paths = new Set<string>();
    for (const file of entries.flatMap((entry) => entry.env_file ?? [])) {
      const path = join(this.#inputs.root, file);
      paths.add(path);
      paths.add(await realpath(path).catch(() => path));
    }
    return [...paths].toSorted();
  }

  #once(file: string): Promise<EnvFile | undefined> {
    const known = this.#read.get(file) ?? this.#load(file);
    this.#read.set(file, known);
    return known;
  }

  async #load(file: string): Promise<EnvFile | undefined> {
    const { root, problems } = this.#inputs;
    const read = await readText(join(root, file), file, problems);
    if (read === undefined) return undefined;
    const source = { ...read, isPrivate: true };
    return { source, assignments: parseDotenv(source, problems) };
  }

  /** Why the file cannot be named; continues a sentence that begins with it. */
  async #problem(file: string): Promise<string | undefined> {
    const { root, watched } = this.#inputs;
    if (file === '') return 'must not be empty';
    if (file.startsWith('/')) return "must be relative to the project's folder";
    const path = join(root, file);
    if (!isInside(root, path) || path === root) return "leads out of the project's folder";
    watched.add(path);
    try {
      const real = await realpath(path);
      if (!isInside(root, real)) return "leads out of the project's folder";
      return isInside(`${root}${sep}.faaso`, real) ? 'belongs to faaso itself' : undefined;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return `does not exist in ${root}`;
      if (code === 'ELOOP') return 'is a symbolic link that leads back to itself';
      return `cannot be read: ${message}`;
    }
  }
}
