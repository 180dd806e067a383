import type { Emit } from '../core/events.ts';
import { instanceId } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Instance } from '../core/state.ts';
import { LABELS } from '../engine/labels.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { isHelper } from '../reconcile/leftovers.ts';
import type { Store } from '../reconcile/store.ts';
import type { DownAnswer } from './api.ts';
import { formerImages } from './former-images.ts';

const GRACE_MS = 10_000;

/** Which project to take down: what is applied, else what the files say, else what the labels of this folder say. */
export async function identityOf(
  faaso: Faaso,
  store: Store,
  reading: Reading,
): Promise<ProjectIdentity | undefined> {
  const { root } = faaso;
  const applied = store.read();
  if (applied !== undefined) return { name: applied.name, root };
  const loaded = await faaso.load(reading).catch(() => undefined);
  if (loaded !== undefined) return { name: loaded.project.name, root };
  const { engine } = faaso;
  const [instance] = await engine.identities({ root });
  return instance?.project ?? (await engine.volumes({ root }))[0]?.project;
}

/** What is removed where nothing is. */
export const NOTHING = { instances: 0, images: 0, volumes: 0 } as const;

/** What a take-down needs of the project. */
type Parts = Pick<Faaso, 'engine' | 'paths' | 'roots' | 'isHandedOver' | 'claims'>;

export interface TakeDownRequest {
  readonly identity: ProjectIdentity;
  readonly images: boolean;
  /** Also the data in the project's volumes. */
  readonly volumes: boolean;
  readonly emit: Emit;
  /** Forgets what is applied, so that nothing is healed any more. Called once the engine has answered. */
  readonly forget: () => Promise<void>;
}

/** Removes the project's containers, its network and, when asked, its images and its data: by our labels only. */
export async function takeDown(
  faaso: Parts,
  { identity, images, volumes, emit, forget }: TakeDownRequest,
): Promise<Omit<DownAnswer, 'daemonStopped'>> {
  const { engine } = faaso;
  const roots = await faaso.roots(identity, 'leave');
  await forget();
  const found = await engine.instances({ project: identity.name });
  const instances = found.filter((item) => roots.has(item.project.root));
  const results = await Promise.allSettled(
    [...new Set(instances.map((instance) => instance.function))].map(async (name) => {
      const own = instances.filter((instance) => instance.function === name);
      await removeFunction(faaso, name, own, emit);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  for (const { id, labels } of (await engine.traces()).containers)
    if (isHelper(labels, identity.name, roots)) await engine.remove(instanceId(id));
  const removedVolumes = await removeVolumes(faaso, identity, volumes);
  await engine.removeNetwork(identity);
  // Images go by the project's name: those of another folder with that name are not told apart from ours.
  const isAlone = instances.length === found.length;
  const removedImages = images && isAlone ? await removeImages(faaso, identity) : 0;
  return { instances: instances.length, images: removedImages, volumes: removedVolumes };
}

/** The secrets of instances that are gone and, when asked, the data; those of another folder's project stay. */
async function removeVolumes(faaso: Parts, { name, root }: ProjectIdentity, data: boolean): Promise<number> {
  const { engine } = faaso;
  const taken = await faaso.isHandedOver();
  let removed = 0;
  for (const volume of await engine.volumes({ project: name })) {
    if (volume.kind === 'data' && (!data || taken)) continue;
    if (volume.project.root !== root && (await faaso.claims(volume.project.root))) continue;
    await engine.removeVolume(volume.name);
    if (volume.kind === 'data') removed += 1;
  }
  return removed;
}

async function removeImages(faaso: Parts, identity: ProjectIdentity): Promise<number> {
  const { engine } = faaso;
  let removed = 0;
  const former = await formerImages(faaso, identity);
  for (const image of [...(await engine.images({ project: identity.name })), ...former]) {
    const name = image.labels[LABELS.project] ?? identity.name;
    const own = image.tags.filter((item) => item.startsWith(`faaso/${name}/`));
    // What a later build took the tag of.
    for (const reference of image.tags.length === 0 ? [image.id] : own) {
      await engine.removeImage(reference);
      removed += 1;
    }
  }
  return removed;
}

/** An instance that drains after a deploy goes with the one that serves: to its user that is one function. */
async function removeFunction(
  { engine }: Parts,
  name: FunctionName,
  instances: readonly Instance[],
  emit: Emit,
): Promise<void> {
  await Promise.all(
    instances.map(async ({ id }) => {
      await engine.stop(id, GRACE_MS);
      await engine.remove(id);
    }),
  );
  emit({ kind: 'function-done', function: name, outcome: { kind: 'removed' }, durationMs: 0 });
}
