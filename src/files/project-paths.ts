import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';

import { FaasoError } from '../core/errors.ts';
import { projectPaths } from '../core/paths.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { isListening } from './listening.ts';

/** A project's folder (absolute real path), and where its things lie. */
export interface FoundPaths {
  readonly root: string;
  readonly paths: ProjectPaths;
}

/**
 * The paths of the project whose `functions.yml` is `file`. A router may have been started from a session with
 * another `XDG_RUNTIME_DIR`: sockets that answer win. Rejects with `project-missing`.
 */
export async function findPaths(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<FoundPaths> {
  const root = await realpath(dirname(file)).catch((cause: unknown) => {
    throw new FaasoError('project-missing', `the folder of ${file} is gone`, {
      hint: 'change to a folder that exists, or name one with -C',
      cause,
    });
  });
  return { root, paths: await pathsOfRoot(root, env) };
}

/** As {@link findPaths}, of a folder that need not be there any more. */
export async function pathsOfRoot(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProjectPaths> {
  const uid = process.getuid?.() ?? 0;
  const asked = await ownFolder(env['XDG_RUNTIME_DIR'], uid);
  const preferred = projectPaths(root, { uid, runtimeDir: asked });
  const recorded = await readFile(preferred.runRecord, 'utf8').catch(() => '');
  const candidates = [
    preferred,
    // The state may have come along with a copied folder; the folder of the sockets is named for the project's place.
    ...(basename(recorded) === basename(preferred.run) && (await ownFolder(recorded, uid)) !== undefined
      ? [projectPaths(root, { uid, run: recorded })]
      : []),
    projectPaths(root, { uid, runtimeDir: await ownFolder(`/run/user/${uid}`, uid) }),
    projectPaths(root, { uid }),
  ];
  for (const paths of candidates) if (await isListening(paths.routerSocket)) return paths;
  return preferred;
}

/** A relative path counts as not set (XDG Base Directory Specification); so does what sudo or su left of another user. */
async function ownFolder(path: string | undefined, uid: number): Promise<string | undefined> {
  if (path === undefined || !isAbsolute(path)) return undefined;
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true && info.uid === uid ? path : undefined;
}
