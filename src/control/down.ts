import type { Emit } from '../core/events.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Instance } from '../core/state.ts';
import type { Faaso, Reading } from '../faaso.ts';
import type { Store } from '../reconcile/store.ts';

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
  const [instance] = await faaso.engine.instances({ root });
  return instance?.project;
}

export interface TakeDownRequest {
  readonly identity: ProjectIdentity;
  readonly images: boolean;
  readonly emit: Emit;
  /** Forgets what is applied, so that nothing is healed any more. Called once the engine has answered. */
  readonly forget: () => Promise<void>;
}

/** Removes the project's containers, its network and, when asked, its images: by our labels only. */
export async function takeDown(
  faaso: Faaso,
  { identity, images, emit, forget }: TakeDownRequest,
): Promise<{ readonly instances: number; readonly images: number }> {
  const { engine } = faaso;
  const roots = await faaso.roots(identity, 'leave');
  await forget();
  const found = await engine.instances({ project: identity.name });
  const instances = found.filter((item) => roots.has(item.project.root));
  const results = await Promise.allSettled(
    instances.map((instance) => removeInstance(faaso, instance, emit)),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await engine.removeNetwork(identity);
  let removed = 0;
  // Images go by the project's name: those of another folder with that name are not told apart from ours.
  if (images && instances.length === found.length) {
    for (const image of await engine.images({ project: identity.name })) {
      for (const tag of image.tags.filter((item) => item.startsWith(`faaso/${identity.name}/`))) {
        await engine.removeImage(tag);
        removed += 1;
      }
    }
  }
  return { instances: instances.length, images: removed };
}

async function removeInstance({ engine }: Faaso, instance: Instance, emit: Emit): Promise<void> {
  await engine.stop(instance.id, GRACE_MS);
  await engine.remove(instance.id);
  emit({ kind: 'function-done', function: instance.function, outcome: { kind: 'removed' }, durationMs: 0 });
}
