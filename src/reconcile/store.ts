import { readFile, rename, rm } from 'node:fs/promises';

import { errorCode, FaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { recordOf } from '../core/record.ts';
import type { Applied } from '../core/state.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { prepareHome, unusableHome } from '../files/home.ts';

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

async function write(paths: ProjectPaths, next: Applied): Promise<void> {
  try {
    await prepareHome(paths);
    await writeFileAtomic(paths.applied, `${JSON.stringify(next, null, 1)}\n`, 0o600);
  } catch (error) {
    throw await unusableHome(paths.home, error);
  }
}

async function readApplied({ home, applied: path }: ProjectPaths): Promise<Applied | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw await unusableHome(home, error);
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
  // A state of before there were several files names none.
  return { overlays: [], ...data, functions: recordOf(Object.entries(functions)) } as unknown as Applied;
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
