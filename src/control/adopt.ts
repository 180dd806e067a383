/** Taking a project over from another folder that still is there. */
import { cp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { FaasoError } from '../core/errors.ts';
import type { ProjectPaths } from '../core/paths.ts';
import type { Applied } from '../core/state.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded } from '../project/load.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { prepareHome } from '../files/home.ts';
import { lockOwner } from '../files/lock.ts';
import { pathsOfRoot } from '../files/project-paths.ts';
import type { Adoption, ProjectLocation } from './api.ts';
import { lockOutDaemon } from './daemon-lock.ts';
import { leaveOldPlace } from './moved.ts';
import { prepareRunFolder } from './run-folder.ts';
import { stopDaemon } from './stop-daemon.ts';

/** What an adoption would do; `undefined`: no other folder has a project of this name. Changes nothing. */
export async function findAdoption(
  faaso: Faaso,
  { project }: Loaded,
  location: ProjectLocation,
): Promise<Adoption | undefined> {
  const { engine, root, paths } = faaso;
  const found = await engine.instances({ project: project.name });
  const serving = found.filter((item) => item.purpose === 'serve' && item.project.root !== root);
  const claimed: string[] = [];
  for (const other of new Set(serving.map((item) => item.project.root)))
    if ((await faaso.claims(other)) || (await isHandedTo(root, other, location))) claimed.push(other);
  const [from, second] = claimed;
  if (from === undefined) return undefined;
  if (second !== undefined) {
    throw new FaasoError(
      'project-taken',
      `${claimed.join(' and ')} both run a project named "${project.name}"`,
      {
        hint: `take one of them down first: faaso down -C ${second}`,
      },
    );
  }
  const old = await pathsOfRoot(from, location.env);
  const functions = new Set(
    serving.filter((item) => item.project.root === from).map((item) => item.function),
  );
  return {
    project: project.name,
    root,
    from,
    functions: [...functions].sort(),
    daemon: (await lockOwner(old.lock))?.pid ?? null,
    secrets: (await holdsFiles(paths.data)) ? 'kept' : (await holdsFiles(old.data)) ? 'copied' : 'none',
  };
}

/** Whether an adoption of `other` was cut off before all that runs was replaced. */
async function isHandedTo(root: string, other: string, { env }: ProjectLocation): Promise<boolean> {
  const { handedOver } = await pathsOfRoot(other, env);
  return (await readFile(handedOver, 'utf8').catch(() => '')) === root;
}

/**
 * Makes the project this folder's: the other's daemon ends, its router goes on under this one's socket, its state and
 * secrets are copied. What runs, runs on; it carries the other folder's label until it is replaced. Cut off on its way
 * it can be done again.
 */
export async function handOver(
  faaso: Faaso,
  { files }: Loaded,
  { from }: Adoption,
  location: ProjectLocation,
): Promise<void> {
  const { paths, root } = faaso;
  await stopDaemon(location);
  await stopDaemon({ ...location, file: join(from, 'functions.yml'), overlays: [] });
  const old = await pathsOfRoot(from, location.env);
  const release = await lockOutDaemon(paths);
  try {
    await copyData(old, paths);
    const [store, applied] = await Promise.all([faaso.store(), faaso.appliedIn(from)]);
    if (store.read() === undefined && applied !== undefined) {
      // The other folder's first file may have another name.
      const { file: _, ...kept } = applied;
      await store.commit((): Applied => ({ ...kept, root, ...files }));
    }
    // From here on the other folder owns nothing any more.
    await prepareHome(old);
    await writeFileAtomic(old.handedOver, root, 0o600);
    await rm(old.applied, { force: true });
    await prepareRunFolder(paths.run, root);
    await writeFileAtomic(paths.runRecord, paths.run, 0o600);
    await leaveOldPlace(from, location.env, paths);
    await rm(old.routes, { force: true });
  } finally {
    await release();
  }
}

/** Secrets and their key, with the rights that they have; where there are any, the folder's own stay. */
async function copyData(source: ProjectPaths, target: ProjectPaths): Promise<void> {
  if ((await holdsFiles(target.data)) || !(await holdsFiles(source.data))) return;
  const temporary = `${target.data}.${process.pid}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await cp(source.data, temporary, { recursive: true, preserveTimestamps: true });
  await rm(target.data, { recursive: true, force: true });
  await rename(temporary, target.data);
}

async function holdsFiles(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isFile());
}
