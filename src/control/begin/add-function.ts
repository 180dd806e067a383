import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { addRoute, hasOtherSource, routeLines } from '../../config/add-route.ts';
import type { RouteEdit } from '../../config/add-route.ts';
import { FaasoError } from '../../core/errors.ts';
import { NAME_RULE, parseFunctionName, parseRoutePath } from '../../core/names.ts';
import type { FunctionName, RoutePath } from '../../core/names.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { exclusively } from '../../files/exclusive.ts';
import type { ProjectLocation } from '../api.ts';
import type { NewAnswer, NewRequest } from './api.ts';
import { runtime } from './runtimes.ts';
import { copyScaffold } from './scaffold.ts';

/** Writes `functions/<name>` from the runtime's scaffold, then its route into the project's first file. */
export async function addFunction(location: ProjectLocation, request: NewRequest): Promise<NewAnswer> {
  const name = functionName(request.name);
  const path = request.path === null ? null : routePath(request.path ?? `/${name}`);
  const template = await runtime(location, request.runtime);
  const root = await realpath(dirname(location.file));
  const shown = join('functions', name);
  return await exclusively(`new ${root}`, async () => {
    const file = await realpath(location.file);
    const text = decoded(await readFile(file));
    if (text !== undefined && hasOtherSource(text, name)) {
      throw new FaasoError('file-exists', `${basename(file)} has a function ${name} already`, {
        hint: 'choose another name',
      });
    }
    const edit = path === null ? undefined : editOf(text, path, name);
    if (edit?.kind === 'taken' && edit.function !== name && path !== null)
      throw routeTaken(path, edit, location);
    const written = await copyScaffold(template, join(root, shown), shown);
    const answer = {
      function: name,
      runtime: template.name,
      files: written.files.map((item) => join(shown, item)),
      route: path,
    };
    if (edit?.kind === 'refused' && path !== null) throw byHand(answer, path, name, edit.reason, location);
    if (edit?.kind !== 'edited') return { ...answer, edited: null };
    try {
      await writeFileAtomic(file, edit.text, (await stat(file)).mode & 0o7777);
    } catch (error) {
      await written.undo();
      throw error;
    }
    return { ...answer, edited: basename(location.file) };
  });
}

function editOf(text: string | undefined, path: RoutePath, name: FunctionName): RouteEdit {
  return text === undefined ? { kind: 'refused', reason: 'is not UTF-8 text' } : addRoute(text, path, name);
}

/** Byte by byte what the file holds, or nothing that could be edited: other bytes would not survive it. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The name, or `usage`. */
export function functionName(text: string): FunctionName {
  const name = parseFunctionName(text);
  if (name !== undefined) return name;
  throw new FaasoError('usage', `"${text}" cannot name a function`, { hint: `a name is ${NAME_RULE}` });
}

function routePath(text: string): RoutePath {
  const parsed = parseRoutePath(text);
  if (parsed.ok) return parsed.path;
  throw new FaasoError('usage', `"${text}" cannot be a route: ${parsed.problem}`, {
    hint: '--path takes a path such as /reports/daily',
  });
}

function routeTaken(
  path: RoutePath,
  edit: Extract<RouteEdit, { kind: 'taken' }>,
  { file }: ProjectLocation,
): FaasoError {
  const where = edit.function === '' ? '' : ` and leads to ${edit.function}`;
  return new FaasoError('file-exists', `the route ${path} is in ${basename(file)} already${where}`, {
    hint: 'give another with --path, or none with --no-route',
  });
}

/** The function is there, its route is not. */
function byHand(
  { files }: Pick<NewAnswer, 'files'>,
  path: RoutePath,
  name: FunctionName,
  reason: string,
  { file }: ProjectLocation,
): FaasoError {
  const shown = basename(file);
  return new FaasoError('config-invalid', `${shown} was not changed: it ${reason}`, {
    details: [
      ...files.map((item) => `wrote ${item}`),
      'the route is left to you:',
      '',
      ...routeLines(path, name),
    ],
    hint: `add these lines to ${shown}, then: faaso validate`,
  });
}
