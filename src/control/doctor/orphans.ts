import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256 } from '../../core/hash.ts';
import type { Engine } from '../../engine/engine.ts';
import { LABELS, parseInstanceLabels } from '../../engine/labels.ts';
import { isListening } from '../../files/listening.ts';
import { holdsProject, isMissing } from '../../files/project-traces.ts';
import { ROOT_RECORD } from '../run-folder.ts';
import { findHomes } from './homes.ts';

/** Something that faaso made for what is gone. What a project that is there does not need, `faaso prune` removes. */
export type Orphan =
  | { readonly kind: 'container'; readonly name: string; readonly id: string; readonly why: string }
  | { readonly kind: 'network'; readonly name: string; readonly why: string }
  /** Of secrets only: data is the user's. */
  | { readonly kind: 'volume'; readonly name: string; readonly why: string }
  | { readonly kind: 'image'; readonly tag: string; readonly sizeBytes: number; readonly why: string }
  /** A folder of sockets that nobody listens on. */
  | { readonly kind: 'folder'; readonly path: string; readonly why: string }
  /** A file that was never renamed into its place. */
  | { readonly kind: 'file'; readonly path: string; readonly why: string };

type PathOrphan = Extract<Orphan, { readonly path: string }>;

/** What the engine has of a project. */
type EngineOrphan = Exclude<Orphan, PathOrphan>;

/** What lies on the engine and may belong to nobody. */
export interface EngineOrphans {
  readonly left: readonly EngineOrphan[];
  /** Of folders that are gone, while their router or daemon still answers: moved, or removed without `faaso down`. */
  readonly serving: readonly EngineOrphan[];
}

/** Younger things may belong to a run that goes on. */
const SETTLED_MS = 10 * 60_000;

export interface EngineOrphansRequest {
  readonly engine: Pick<Engine, 'traces' | 'volumes' | 'images'>;
  readonly now: number;
  /** The name of the project that asks. */
  readonly own: string | undefined;
  /** Where sockets lie: what was moved tells there where it is now. */
  readonly bases: readonly string[];
}

/**
 * What is left on the whole engine of projects whose folder is gone, and containers that no function has; but for a
 * project that lives in another folder, which takes over what it left.
 */
export async function engineOrphans({
  engine,
  now,
  own,
  bases,
}: EngineOrphansRequest): Promise<EngineOrphans> {
  const [{ containers, networks }, volumes, images] = await Promise.all([
    engine.traces(),
    engine.volumes({}),
    engine.images({}),
  ]);
  const owners = [...containers, ...networks, ...images].map(({ labels }) => ({
    name: labels[LABELS.project],
    root: labels[LABELS.root],
  }));
  const homes = await findHomes({ bases, labelled: [...owners, ...volumes.map(({ project }) => project)] });
  const isGoneRoot = goneRoots();
  const isGone = async (root: string | undefined, name: string | undefined): Promise<string | undefined> =>
    name === own || homes.isAtHome(name) ? undefined : await isGoneRoot(root);
  const found: EngineOrphan[] = [];
  const serving: EngineOrphan[] = [];
  const add = async (orphan: EngineOrphan, root: string | undefined): Promise<void> => {
    (root !== undefined && (await homes.isServing(root)) ? serving : found).push(orphan);
  };
  for (const { name, id, labels, createdAt } of containers) {
    const root = labels[LABELS.root];
    const why = await isGone(root, labels[LABELS.project]);
    const isOurs = parseInstanceLabels(labels) !== undefined || labels[LABELS.helper] === 'true';
    if (why !== undefined) await add({ kind: 'container', name, id, why }, root);
    else if (!isOurs && now - createdAt > SETTLED_MS)
      found.push({ kind: 'container', name, id, why: 'of no function' });
  }
  const going = new Set(
    [...found, ...serving].flatMap((item) => (item.kind === 'container' ? [item.name] : [])),
  );
  const kept = new Set(
    containers.filter(({ name }) => !going.has(name)).map(({ labels }) => labels[LABELS.project]),
  );
  for (const { name, labels } of networks) {
    const root = labels[LABELS.root];
    const why = await isGone(root, labels[LABELS.project]);
    if (why !== undefined && !kept.has(labels[LABELS.project]))
      await add({ kind: 'network', name, why }, root);
  }
  for (const { name, kind, project } of volumes) {
    const why = kind === 'secrets' ? await isGone(project.root, project.name) : undefined;
    if (why !== undefined) await add({ kind: 'volume', name, why }, project.root);
  }
  for (const { tags, labels, sizeBytes } of images) {
    const root = labels[LABELS.root];
    const why = await isGone(root, labels[LABELS.project]);
    if (why === undefined) continue;
    for (const tag of tags.filter((each) => each.startsWith('faaso/')))
      await add({ kind: 'image', tag, sizeBytes, why }, root);
  }
  return { left: found, serving };
}

/** Folders of sockets below `base` that belong to none of the `roots` and on which nobody listens. */
export async function folderOrphans(
  base: string,
  roots: readonly string[],
  now: number,
): Promise<readonly PathOrphan[]> {
  const known = new Set(roots.map((root) => sha256(root).slice(0, 12)));
  const names = (await readdir(base).catch(() => [])).filter((name) => /^[0-9a-f]{12}$/.test(name));
  const found = await Promise.all(
    names.map(async (name): Promise<PathOrphan | undefined> => {
      const path = join(base, name);
      if (known.has(name)) return undefined;
      const root = await readFile(join(path, ROOT_RECORD), 'utf8').catch(() => '');
      // Without the record of a root only its age tells that nobody is just making it.
      const why = root === '' ? 'nobody listens there' : await whyGone(root);
      if (why === undefined || (root === '' && !(await isSettled(path, now)))) return undefined;
      const sockets = ['control.sock', 'router.sock'].map((socket) => isListening(join(path, socket)));
      if ((await Promise.all(sockets)).some(Boolean)) return undefined;
      return { kind: 'folder', path, why };
    }),
  );
  return found.filter((item) => item !== undefined);
}

/** Files of a project's state that were being written when the writer ended. */
export async function fileOrphans(home: string, now: number): Promise<readonly PathOrphan[]> {
  const names = await readdir(home, { recursive: true }).catch(() => []);
  const half = names.filter((name) =>
    /\.[0-9a-f]{12}\.tmp$|\.lock\.\d+-[0-9a-f]{12}(?:\.stale)?$/.test(name),
  );
  const found = await Promise.all(
    half.map(async (name): Promise<PathOrphan | undefined> => {
      const path = join(home, name);
      return (await isSettled(path, now))
        ? { kind: 'file', path, why: 'whoever wrote it was ended' }
        : undefined;
    }),
  );
  return found.filter((item) => item !== undefined);
}

/** Tells why the things of a root belong to nobody; a folder that cannot be looked into is not gone. */
function goneRoots(): (root: string | undefined) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return async (root) => {
    if (root === undefined) return undefined;
    const why = known.get(root) ?? whyGone(root);
    known.set(root, why);
    return await why;
  };
}

async function whyGone(root: string): Promise<string | undefined> {
  if (await isMissing(root)) return `${root} is gone`;
  return (await holdsProject(root)) ? undefined : `${root} is no project any more`;
}

async function isSettled(path: string, now: number): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined);
  return info !== undefined && now - info.mtimeMs > SETTLED_MS;
}
