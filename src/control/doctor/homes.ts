/** Where projects live now: a folder that was moved leaves its old place in the labels of what runs on. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256 } from '../../core/hash.ts';
import { projectPaths } from '../../core/paths.ts';
import { isListening } from '../../files/listening.ts';
import { claims } from '../../project/owner.ts';
import { ROOT_RECORD } from '../run-folder.ts';

/** What is known of things whose folder is gone. */
export interface Homes {
  /** Whether a folder that is there has a project of this name, which takes over what a gone one left. */
  isAtHome(name: string | undefined): boolean;
  /** Whether the daemon or the router that was started in `root` still answers. */
  isServing(root: string): Promise<boolean>;
}

export interface HomesRequest {
  /** Folders of folders of sockets, of every user that may be looked at. */
  readonly bases: readonly string[];
  /** Whose things lie on the engine, by their labels. */
  readonly labelled: readonly { readonly name: string | undefined; readonly root: string | undefined }[];
}

/** Asks the records beside the sockets, the labels and the applied states that they lead to. */
export async function findHomes({ bases, labelled }: HomesRequest): Promise<Homes> {
  const names = new Set<string>();
  const roots = new Set(labelled.flatMap(({ root }) => root ?? []));
  for (const root of await recordedRoots(bases)) roots.add(root);
  await Promise.all(
    [...roots].map(async (root) => {
      if (!(await claims(root))) return;
      const applied = await nameAppliedIn(root);
      if (applied !== undefined) names.add(applied);
      for (const { name, root: at } of labelled) if (at === root && name !== undefined) names.add(name);
    }),
  );
  return {
    isAtHome: (name) => name !== undefined && names.has(name),
    isServing: async (root) => {
      const folders = bases.map((base) => join(base, sha256(root).slice(0, 12)));
      const sockets = folders.flatMap((run) => {
        const { controlSocket, routerSocket } = projectPaths(root, { uid: 0, run });
        return [isListening(controlSocket), isListening(routerSocket)];
      });
      return (await Promise.all(sockets)).some(Boolean);
    },
  };
}

async function recordedRoots(bases: readonly string[]): Promise<readonly string[]> {
  const found = bases.map(async (base) => {
    const names = await readdir(base).catch(() => []);
    return await Promise.all(
      names.map((name) => readFile(join(base, name, ROOT_RECORD), 'utf8').catch(() => '')),
    );
  });
  return (await Promise.all(found)).flat().filter((root) => root !== '');
}

async function nameAppliedIn(root: string): Promise<string | undefined> {
  const text = await readFile(projectPaths(root, { uid: 0 }).applied, 'utf8').catch(() => '{}');
  try {
    const { name } = JSON.parse(text) as { readonly name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
