/** Finding a project's file, and the schemas of what a user writes: what the CLI needs before there is a project. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { findProjectFile, PROJECT_FILE } from '../config/find.ts';
import { FaasoError } from '../core/errors.ts';
import type { ProjectLocation } from './api.ts';

/** The project of a path: a `functions.yml`, or a folder in which or above which one lies. */
export async function locate(path: string, env: ProjectLocation['env']): Promise<ProjectLocation> {
  const start = absolute(path);
  const found = await stat(start).catch(() => undefined);
  if (found === undefined) {
    throw new FaasoError('project-missing', `${start} does not exist`, {
      hint: '-C takes a folder of the project, or its functions.yml',
    });
  }
  if (!found.isDirectory()) return { file: start, overlays: [], env };
  const file = await findProjectFile(start);
  if (file === undefined) throw missing(start);
  return { file, overlays: [], env };
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

function missing(start: string): FaasoError {
  return new FaasoError('project-missing', `no ${PROJECT_FILE} in ${start} or a folder above`, {
    details: [
      'A minimal project is two files and a function:',
      '',
      '  # functions.yml',
      '  routes:',
      '    /sum: sum',
      '',
      '  # functions/sum/metadata.yml',
      '  runtime: python',
      '',
      '  # functions/sum/handler.py',
      '  def handler(event, context):',
      '      return {"sum": event["a"] + event["b"]}',
    ],
    hint: 'write these and run faaso serve --watch, or name another folder with -C',
  });
}
