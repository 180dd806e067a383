/** What of the project is on this machine that nothing needs. */
import { dirname } from 'node:path';

import { FaasoError } from '../core/errors.ts';
import type { Leftover } from '../core/disk.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import { recordOf } from '../core/record.ts';
import type { Applied } from '../core/state.ts';
import type { DiskUsage } from '../engine/engine.ts';
import { LABELS } from '../engine/labels.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { lockOwner } from '../files/lock.ts';
import { leftovers } from '../reconcile/leftovers.ts';
import type { LeftoverFacts } from '../reconcile/leftovers.ts';
import type { Store } from '../reconcile/store.ts';
import { formerImages } from './former-images.ts';
import { fileOrphans, folderOrphans } from './doctor/orphans.ts';

export interface LeftoverRequest {
  readonly identity: ProjectIdentity;
  readonly store: Store;
  /** How the files are read. */
  readonly reading: Reading;
  /** What the engine's disk holds, where it was measured. */
  readonly usage?: DiskUsage;
}

/** Finds them; changes nothing. Rejects where the engine does. */
export async function findLeftovers(faaso: Faaso, request: LeftoverRequest): Promise<readonly Leftover[]> {
  return leftovers(await gatherFacts(faaso, request));
}

/** All that decides what is needed, read at one moment. */
export async function gatherFacts(
  faaso: Faaso,
  { identity, store, reading, usage }: LeftoverRequest,
): Promise<LeftoverFacts> {
  const { engine } = faaso;
  const selector = { project: identity.name };
  const now = Date.now();
  const [images, former, instances, volumes, traces, files, halfWritten] = await Promise.all([
    engine.images(selector),
    formerImages(faaso, identity),
    engine.instances(selector),
    engine.volumes(selector),
    engine.traces(),
    filesOf(faaso, identity, reading),
    fileOrphans(faaso.paths.home, now),
  ]);
  // Asked last: what was listed before belongs to a test that goes on, or to one that is over.
  const testing = (await lockOwner(faaso.paths.testLock)) !== undefined;
  const everyRoot = traces.containers.flatMap(({ labels }) => labels[LABELS.root] ?? []);
  const folders = await folderOrphans(dirname(faaso.paths.run), [identity.root, ...everyRoot], now);
  const containers = traces.containers.filter(({ labels }) => labels[LABELS.project] === identity.name);
  const seen = new Set([
    ...[...instances, ...volumes].map((item) => item.project.root),
    ...[...images, ...containers].flatMap((item) => item.labels[LABELS.root] ?? []),
  ]);
  const { roots, others } = await partRoots(faaso, identity, seen);
  return {
    project: identity.name,
    roots,
    applied: withTakenDown(store, identity.name),
    others,
    images,
    formerImages: former,
    instances,
    containers,
    volumes,
    testing,
    runFolders: folders.map(({ path }) => path),
    halfWritten: halfWritten.map(({ path }) => path),
    now,
    ...(files === undefined ? {} : { files }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** What was taken down starts from its images again. */
function withTakenDown(store: Store, project: string): Applied | undefined {
  const applied = store.read();
  const aside = store.takenDown();
  if (aside?.name !== project) return applied;
  if (applied === undefined) return aside;
  const all = [...Object.entries(aside.functions), ...Object.entries(applied.functions)];
  return { ...applied, functions: recordOf(all) };
}

/** The roots that are the project's, and what is applied in those that are not. */
async function partRoots(
  faaso: Faaso,
  { name, root }: ProjectIdentity,
  seen: ReadonlySet<string>,
): Promise<{ readonly roots: ReadonlySet<string>; readonly others: readonly Applied[] }> {
  const roots = new Set([root]);
  const others: Applied[] = [];
  for (const other of seen) {
    if (other === root) continue;
    if (!(await faaso.claims(other))) {
      roots.add(other);
      continue;
    }
    const applied = await faaso.appliedIn(other).catch((cause: unknown) => {
      throw new FaasoError(
        'project-taken',
        `${other} has a project named "${name}" too, and its state cannot be read`,
        {
          cause,
          hint: 'what it needs cannot be told from what nobody needs: run this as its owner, or give one another name',
        },
      );
    });
    if (applied?.name === name) others.push(applied);
  }
  return { roots, others };
}

/** What the files ask for; `undefined` where they cannot be read or are those of another name. */
async function filesOf(
  faaso: Faaso,
  identity: ProjectIdentity,
  reading: Reading,
): Promise<LeftoverFacts['files'] | undefined> {
  const loaded = await faaso.load(reading).catch(() => undefined);
  if (loaded === undefined || loaded.project.name !== identity.name) return undefined;
  const { project } = loaded;
  const prepared = await faaso.builder.prepareAll(project, project.functions);
  return {
    images: new Map(
      project.functions.map((fn) => {
        const result = prepared.get(fn.name);
        return [fn.name, result === undefined || result instanceof FaasoError ? undefined : result.image];
      }),
    ),
    volumes: new Set(project.functions.flatMap((fn) => Object.keys(fn.container.volumes))),
  };
}
