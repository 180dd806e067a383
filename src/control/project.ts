/** Finding a project's files, and the schemas of what a user writes: what the CLI needs before there is a project. */
import { stat } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

import { findProjectFile, PROJECT_FILE } from '../config/find.ts';
import { FaasoError } from '../core/errors.ts';
import { projectPaths } from '../core/paths.ts';
import type { ProjectLocation } from './api.ts';

/** What the command line says of the project. Relative paths begin in the current folder. */
export interface Asked {
  /** `-C`: a folder of the project, or its functions.yml. */
  readonly path: string | undefined;
  /** `-f`: the project's file, and those whose keys win over it. */
  readonly files: readonly string[];
}

/** Stands for `-f` where none is given: paths with `:` between, as in Compose's COMPOSE_FILE. */
const FILE_VARIABLE = 'FAASO_FILE';

/**
 * The project that was asked for: that of the files, or else the one whose functions.yml lies in a folder or above it.
 * Rejects with `project-missing`, or with `usage` where `-C` and the files name two projects.
 */
export async function locate({ path, files }: Asked, env: ProjectLocation['env']): Promise<ProjectLocation> {
  const given = files.length > 0 ? files : fromEnvironment(env);
  const source = files.length > 0 ? '-f' : FILE_VARIABLE;
  const [file, ...overlays] = await Promise.all(given.map((item) => existingFile(item, source)));
  if (file === undefined) return { file: await projectFile(absolute(path ?? '.')), overlays: [], env };
  if (path !== undefined) await checkSame(absolute(path), file, source);
  return { file, overlays, env };
}

function fromEnvironment(env: ProjectLocation['env']): readonly string[] {
  return (env[FILE_VARIABLE] ?? '').split(delimiter).filter((path) => path !== '');
}

/** The functions.yml of a path that `-C` or the current folder gives. */
async function projectFile(start: string): Promise<string> {
  const found = await stat(start).catch(() => undefined);
  if (found === undefined) {
    throw new FaasoError('project-missing', `${start} does not exist`, {
      hint: '-C takes a folder of the project, or its functions.yml',
    });
  }
  if (!found.isDirectory()) {
    await checkKind(start, '-C takes a folder of the project, or its functions.yml');
    return start;
  }
  const file = await findProjectFile(start);
  if (file !== undefined) return file;
  const applied = await appliedAbove(start);
  if (applied !== undefined) return join(applied, PROJECT_FILE);
  throw new FaasoError('project-missing', `no ${PROJECT_FILE} in ${start} or a folder above`, {
    hint: 'faaso init writes one with a first function; -C names the folder of another project',
  });
}

/** The folder, or the nearest one above, of which something is applied: its file has another name, or is gone. */
async function appliedAbove(start: string): Promise<string | undefined> {
  for (let folder = start; ; folder = dirname(folder)) {
    const { applied } = projectPaths(folder, { uid: 0 });
    if (await stat(applied).catch(() => undefined)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

async function existingFile(path: string, source: string): Promise<string> {
  const file = absolute(path);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    throw new FaasoError('project-missing', `${file} does not exist`, {
      hint: isAbsolute(path)
        ? `${source} names it`
        : `${source} names it, as seen from the current folder and not from that of -C`,
    });
  }
  if (found.isDirectory()) {
    throw new FaasoError('usage', `${file} is a folder, and ${source} takes files`, {
      hint: `name ${join(path, PROJECT_FILE)}, or the folder with -C`,
    });
  }
  await checkKind(file, `${source} takes the files of projects`);
  return file;
}

/** What the files that are not a project's are about, by their name. */
const OTHER_FILES: Readonly<Record<string, string>> = {
  'metadata.yml': 'says what one function is',
  'runtime.yml': 'says what a runtime is',
};

/** Rejects with `usage` for a file of a function or a runtime. */
async function checkKind(file: string, takes: string): Promise<void> {
  const about = OTHER_FILES[basename(file)];
  if (about === undefined) return;
  const project = await findProjectFile(dirname(file));
  const meant = project === undefined ? '' : `; the project's is ${project}`;
  throw new FaasoError('usage', `${file} ${about}, and is no project's file`, { hint: `${takes}${meant}` });
}

/** The first file's folder is the project's root: `-C` may not name another. */
async function checkSame(asked: string, file: string, source: string): Promise<void> {
  const found = await stat(asked).catch(() => undefined);
  const root = dirname(file);
  const same = found?.isDirectory() === true ? asked === root : asked === file;
  if (same) return;
  throw new FaasoError('usage', `-C names ${asked}, but the first file of ${source} is ${file}`, {
    hint:
      source === '-f'
        ? "leave -C out: the project's folder is that of the first -f, and paths of -f begin in this folder"
        : `unset ${FILE_VARIABLE}, or name the files with -f`,
  });
}

function absolute(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new FaasoError('project-missing', 'this folder has been removed', {
      cause,
      hint: 'change to a folder that exists, or name one with -C',
    });
  }
}

/** The published JSON Schema of a file. */
export async function fileSchema(name: 'functions' | 'metadata' | 'runtime'): Promise<unknown> {
  const { schemas } = await import('../config/schemas.ts');
  return schemas[name];
}
