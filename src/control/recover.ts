/** What was lost and can be made again. */
import { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { AppliedRelease } from '../core/state.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { functionsFromLabels, withSettings } from '../reconcile/applied.ts';
import { ownInstances } from '../reconcile/world.ts';
import type { World } from '../reconcile/world.ts';

/** The state file was lost while functions run: labels hold the same facts, so nothing is restarted. */
export async function recoverState(world: World, { project, variables, files }: Loaded): Promise<void> {
  const functions = functionsFromLabels(await ownInstances(world));
  if (Object.keys(functions).length === 0) return;
  await world.store.commit(() => ({ ...withSettings(undefined, project, variables, files), functions }));
  world.emit({ kind: 'notice', message: 'the applied state was lost: rebuilt from the running containers' });
}

/** Builds the image of a release again. Rejects with `image-missing` when the files have changed since. */
export async function rebuildImage(
  faaso: Faaso,
  release: AppliedRelease,
  reading: Reading,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { project } = await faaso.load(reading);
  const fn = project.functions.find((item) => item.name === release.function);
  const prepared = fn === undefined ? undefined : await faaso.builder.prepare(project, fn);
  if (fn === undefined || prepared?.revision !== release.revision) {
    const message = `the image ${release.image} is gone and the files have changed since it was built`;
    throw new FaasoError('image-missing', message, {
      hint: 'faaso apply builds and deploys what the files say now',
    });
  }
  const onLine = (line: string): void => emit({ kind: 'build-log', function: fn.name, line });
  await faaso.builder.ensure(project, fn, { noCache: false, pull: false }, onLine, signal);
}
