import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCode, FaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { recordOf } from '../core/record.ts';
import type { Applied } from '../core/state.ts';
import { writeFileAtomic } from '../files/atomic.ts';

const FORMAT = 1;

/** The applied state on disk. One process writes it (the daemon, under its lock); others read it. */
export interface Store {
  /** What was read or committed last; `undefined` when nothing was applied yet, or the file was lost. */
  read(): Applied | undefined;
  /** Changes the state; resolves when it is on the disk, which is a release's commit point. One at a time. */
  commit(change: (before: Applied | undefined) => Applied): Promise<Applied>;
  /** Forgets everything that was applied. */
  clear(): Promise<void>;
}

/** Reads the applied state. An unreadable file is moved aside and counts as lost: labels hold the same facts. */
export async function openStore(paths: ProjectPaths): Promise<Store> {
  let current = await readApplied(paths);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    read: () => current,
    commit: (change) =>
      inTurn(async () => {
        const next = change(current);
        await write(paths, next);
        current = next;
        return next;
      }),
    clear: () =>
      inTurn(async () => {
        await rm(paths.applied, { force: true });
        current = undefined;
      }),
  };
}

/** Makes `.faaso/`, which no version control should see and no other user read. */
export async function prepareHome(paths: ProjectPaths): Promise<void> {
  try {
    await mkdir(paths.state, { recursive: true, mode: 0o700 });
    await access(paths.state, constants.W_OK);
    await writeFile(join(paths.home, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }).catch(
      (error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      },
    );
  } catch (error) {
    throw await unusable(paths.home, error);
  }
}

async function write(paths: ProjectPaths, next: Applied): Promise<void> {
  try {
    await prepareHome(paths);
    await writeFileAtomic(paths.applied, `${JSON.stringify(next, null, 1)}\n`, 0o600);
  } catch (error) {
    throw await unusable(paths.home, error);
  }
}

/** What keeps `.faaso/` from being used, in words; what is no matter of rights stays as it is. */
async function unusable(home: string, error: unknown): Promise<unknown> {
  const because = (problem: string, hint: string): FaasoError =>
    new FaasoError('state-unreadable', `${home} ${problem}`, { cause: error, hint });
  if (errorCode(error) === 'EROFS') {
    const hint = 'faaso keeps its state beside functions.yml: put the project where it may write';
    return because('cannot be written: the file system is read-only', hint);
  }
  if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOTDIR')
    return because('is not a folder', 'faaso keeps its state there: move the file away');
  if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM') return error;
  const folder = await stat(home).catch(() => stat(dirname(home)).catch(() => undefined));
  const owner = folder === undefined ? 'the user who owns it' : `its owner (user ${folder.uid})`;
  const problem = `is closed to user ${process.getuid?.() ?? 0}`;
  return because(problem, `run faaso as ${owner}, or mend its owner and rights`);
}

async function readApplied({ home, applied: path }: ProjectPaths): Promise<Applied | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw await unusable(home, error);
  }
  const data = parse(text);
  const format = data?.['format'];
  const functions = data?.['functions'];
  if (format !== undefined && format !== FORMAT) {
    throw new FaasoError(
      'state-unreadable',
      `${path} has format ${JSON.stringify(format)}, this faaso writes ${FORMAT}`,
      {
        hint: 'use the version of faaso that wrote it, or remove the file: it is rebuilt from the running containers',
      },
    );
  }
  if (format === undefined || !isObject(functions)) {
    await rename(path, `${path}.unreadable`);
    return undefined;
  }
  return { ...data, functions: recordOf(Object.entries(functions)) } as unknown as Applied;
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return isObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
