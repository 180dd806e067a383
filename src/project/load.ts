/** Reads a project's files, from where and with what an apply or whoever asks says. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { PROJECT_FILE } from '../config/find.ts';
import { shownPath } from '../config/folders.ts';
import { loadProject } from '../config/load.ts';
import type { Diagnostic, Place } from '../core/diagnostics.ts';
import { FaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project, Route } from '../core/specs.ts';
import type { Applied, ProjectFiles } from '../core/state.ts';
import { fingerprints } from '../files/secret-store.ts';
import type { SecretStore } from '../files/secret-store.ts';
import { TEMPLATES } from '../files/templates.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is read: the project's files (absolute paths, the first in its folder), and what `${VAR}` sees. */
export interface Reading {
  readonly file: string;
  readonly overlays: readonly string[];
  readonly env: Environment;
}

/** Valid files, read at one moment. */
export interface Loaded {
  readonly project: Project;
  readonly files: ProjectFiles;
  readonly warnings: readonly Diagnostic[];
  /** Variables that came from the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files and folders to watch. */
  readonly watched: readonly string[];
  /** Where a route is written. */
  readonly placeOf: (route: Route) => Place | undefined;
  /** Warnings of secrets that these functions name and that are not set. */
  readonly unsetSecrets: (names: readonly FunctionName[]) => readonly Diagnostic[];
}

/** Files that are not valid, with what to watch until they are. */
export class InvalidFiles extends FaasoError {
  readonly watched: readonly string[];

  constructor(diagnostics: readonly Diagnostic[], watched: readonly string[]) {
    const errors = diagnostics.filter((item) => item.severity === 'error').length;
    super('config-invalid', errors === 1 ? '1 problem' : `${errors} problems`, { diagnostics });
    this.watched = watched;
  }
}

/** Reads the files of the project in `root`. Rejects with {@link InvalidFiles}. */
export async function load(root: string, reading: Reading, secrets: SecretStore): Promise<Loaded> {
  // Where a path leads over links, it is the folder that counts, and the file's own name.
  const overlays = await Promise.all(
    reading.overlays.map(async (path) => {
      const folder = await realpath(dirname(path)).catch(() => dirname(path));
      return join(folder, basename(path));
    }),
  );
  const file = basename(reading.file);
  const result = await loadProject({
    file: join(root, file),
    overlays,
    env: reading.env,
    templates: TEMPLATES,
  });
  if (result.kind === 'invalid') throw new InvalidFiles(result.diagnostics, result.watched);
  const files = {
    ...(file === PROJECT_FILE ? {} : { file }),
    overlays: overlays.map((path) => shownPath(root, path)),
  };
  const functions = await Promise.all(result.project.functions.map((fn) => fingerprinted(fn, secrets)));
  const unset = functions.flatMap(({ name, container: { secrets: prints } }) =>
    Object.keys(prints).flatMap((secret) => (prints[secret] === '' ? [{ function: name, secret }] : [])),
  );
  return {
    ...result,
    project: { ...result.project, functions },
    files,
    unsetSecrets: (names) => result.unsetSecrets(unset.filter(({ function: name }) => names.includes(name))),
  };
}

/** What the last apply read, where there was one: its files, and its variables before others. */
export function asApplied(root: string, reading: Reading, applied: Applied | undefined): Reading {
  if (applied === undefined) return reading;
  const { file = PROJECT_FILE, overlays, variables } = applied;
  return {
    file: join(root, file),
    overlays: overlays.map((path) => resolve(root, path)),
    env: { ...reading.env, ...variables },
  };
}

/** The function with what its secrets are now: files name them, and only the store knows their values. */
async function fingerprinted(fn: FunctionSpec, secrets: SecretStore): Promise<FunctionSpec> {
  const prints = await fingerprints(secrets, Object.keys(fn.container.secrets));
  return { ...fn, container: { ...fn.container, secrets: prints } };
}
