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
  /** Puts everything that was applied aside: nothing is applied any more, and its releases are kept. */
  takeDown(): Promise<void>;
  /** What was put aside and has not been applied since; `undefined`: nothing. */
  takenDown(): Applied | undefined;
}

/** Reads the applied state. An unreadable file is moved aside and counts as lost: labels hold the same facts. */
export async function openStore(paths: ProjectPaths): Promise<Store> {
  let current = await readApplied(paths, paths.applied);
  let aside = current === undefined ? await readApplied(paths, paths.takenDown) : undefined;
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
        await write(paths, paths.applied, next);
        current = next;
        if (aside !== undefined) await rm(paths.takenDown, { force: true });
        aside = undefined;
        return next;
      }),
    clear: () =>
      inTurn(async () => {
        for (const path of [paths.applied, paths.takenDown]) await rm(path, { force: true });
        current = undefined;
        aside = undefined;
      }),
    takeDown: () =>
      inTurn(async () => {
        if (current === undefined) return;
        const { takenDown = {}, ...rest } = current;
        const both = [...Object.entries(takenDown), ...Object.entries(current.functions)];
        const all = { ...rest, functions: recordOf(both) };
        await write(paths, paths.takenDown, all);
        await rm(paths.applied, { force: true });
        aside = all;
        current = undefined;
      }),
    takenDown: () =>
      current?.takenDown === undefined ? aside : { ...current, functions: current.takenDown },
  };
}

async function write(paths: ProjectPaths, path: string, next: Applied): Promise<void> {
  try {
    await prepareHome(paths);
    await writeFileAtomic(path, `${JSON.stringify(next, null, 1)}\n`, 0o600);
  } catch (error) {
    throw await unusableHome(paths.home, error);
  }
}

async function readApplied({ home }: ProjectPaths, path: string): Promise<Applied | undefined> {
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
  const { takenDown } = data ?? {};
  return {
    overlays: [],
    ...data,
    functions: recordOf(Object.entries(functions)),
    ...(isObject(takenDown) ? { takenDown: recordOf(Object.entries(takenDown)) } : {}),
  } as unknown as Applied;
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
