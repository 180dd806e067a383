import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Diagnostic, Place } from '../core/diagnostics.ts';
import type { FunctionName } from '../core/names.ts';
import type { Project, Route } from '../core/specs.ts';
import { coerceVariables } from './coerce.ts';
import type { Located, YamlDocument } from './document.ts';
import { parseYaml } from './document.ts';
import { environment } from './environment.ts';
import { shownPath } from './folders.ts';
import { deepFreeze } from './freeze.ts';
import type { Inputs } from './inputs.ts';
import { hasVariables, interpolate } from './interpolate.ts';
import { isLoneOverride } from './lone-override.ts';
import { merge } from './merge.ts';
import { Problems } from './problems.ts';
import { resolveProject } from './project.ts';
import type { Resolved } from './project.ts';
import { readText } from './read-text.ts';
import { placeOf } from './routes.ts';
import { Scope } from './scope.ts';
import { validate } from './validate.ts';

export interface LoadOptions {
  /** Absolute path of functions.yml. */
  readonly file: string;
  /** Absolute paths of further files: what a later one says wins (merge.ts). Absent: none. */
  readonly overlays?: readonly string[];
  /** What `${VAR}` sees first; `.env` beside the file comes second. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the templates that came with faaso. */
  readonly templates: string;
}

/** A secret that a function names and that has no value. */
interface UnsetSecret {
  readonly function: FunctionName;
  readonly secret: string;
}

export type LoadResult =
  | {
      readonly kind: 'valid';
      /** Deeply frozen. */
      readonly project: Project;
      readonly warnings: readonly Diagnostic[];
      /** The variables that were used and whose value came from `env`, with those values. */
      readonly variables: Readonly<Record<string, string>>;
      /** Absolute paths of the files and folders that a change of can change the result. */
      readonly watched: readonly string[];
      /** Where a route is written. */
      readonly placeOf: (route: Route) => Place | undefined;
      /** Warnings that these secrets are not set, where the functions name them. */
      readonly unsetSecrets: (unset: readonly UnsetSecret[]) => readonly Diagnostic[];
    }
  | {
      readonly kind: 'invalid';
      readonly diagnostics: readonly Diagnostic[];
      readonly watched: readonly string[];
    };

/** Reads functions.yml and all that it leads to. Reports every problem at once; never throws for what a file holds. */
export async function loadProject({ file, overlays = [], env, templates }: LoadOptions): Promise<LoadResult> {
  const problems = new Problems();
  const shown = basename(file);
  const files = [file, ...overlays];
  const watched = new Set(files);
  const root = await realpath(dirname(file)).catch(() => dirname(file));
  const variables = new Map<string, string>();
  const resolved = await load({ root, templates, problems, watched }, files, env, variables);
  const diagnostics = deepFreeze(problems.list(shown));
  const paths = [...watched].toSorted();
  if (resolved === undefined || problems.failed) return { kind: 'invalid', diagnostics, watched: paths };
  return {
    kind: 'valid',
    project: deepFreeze(resolved.project),
    warnings: diagnostics,
    variables: Object.fromEntries(variables),
    watched: paths,
    placeOf: (route) => placeOf(resolved.routes, route),
    unsetSecrets: (unset) => unsetSecrets(resolved, unset, shown),
  };
}

async function load(
  inputs: Inputs,
  files: readonly string[],
  env: LoadOptions['env'],
  variables: Map<string, string>,
): Promise<Resolved | undefined> {
  const { problems, root } = inputs;
  const document = await mergedDocument(inputs, files);
  if (document === undefined) return undefined;
  const lookup = hasVariables(document.data)
    ? await environment(inputs, join(root, '.env'), env, variables)
    : () => undefined;
  const interpolated = interpolate(document, lookup, problems);
  coerceVariables(interpolated);
  const resolved = document.with(interpolated.data);
  const checked = validate('functions', resolved, problems, interpolated.failed);
  return checked === undefined ? undefined : resolveProject(inputs, new Scope(resolved, problems), checked);
}

function unsetSecrets(
  { secretAt }: Resolved,
  unset: readonly UnsetSecret[],
  shown: string,
): readonly Diagnostic[] {
  const problems = new Problems();
  for (const { function: name, secret } of unset) {
    const message = `the secret ${secret} of ${name} is not set; set it with: faaso secret set ${secret}`;
    problems.warn(secretAt(name, secret), message);
  }
  return problems.list(shown);
}

/** What all files together say; `undefined` when one of them cannot be read, because half a project is another one. */
async function mergedDocument(
  { problems, root }: Inputs,
  [file = '', ...overlays]: readonly string[],
): Promise<Located | undefined> {
  const parsed = async (path: string, shown: string, least: string): Promise<YamlDocument | undefined> => {
    const source = await readText(path, shown, problems);
    return source === undefined ? undefined : parseYaml(source, problems, least);
  };
  const first = await parsed(file, basename(file), 'functions: {}');
  if (first !== undefined && overlays.length === 0 && (await isLoneOverride(file, first, problems)))
    return undefined;
  let document: Located | undefined = first;
  for (const overlay of overlays) {
    const over = await parsed(overlay, shownPath(root, overlay), '{}');
    document = document === undefined || over === undefined ? undefined : merge(document, over);
  }
  return document;
}
