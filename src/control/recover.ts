/** What was lost and can be made again. */
import { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { recordOf } from '../core/record.ts';
import type { AppliedFunction, AppliedRelease } from '../core/state.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { withAccessAtLeast } from '../reconcile/access.ts';
import { functionsFromLabels, withSettings } from '../reconcile/applied.ts';
import { ownInstances } from '../reconcile/world.ts';
import type { World } from '../reconcile/world.ts';

/** The state file was lost while functions run: labels hold the same facts, so nothing is restarted. */
export async function recoverState(world: World, { project, variables, files }: Loaded): Promise<void> {
  const told = functionsFromLabels(await ownInstances(world));
  const functions = recordOf(
    Object.entries(told).map(([name, item]): [string, AppliedFunction] => {
      const routes = withAccessAtLeast(item.current.routes, project.routes);
      return [name, { ...item, current: { ...item.current, routes } }];
    }),
  );
  if (Object.keys(functions).length === 0) return;
  await world.store.commit(() => ({ ...withSettings(undefined, project, variables, files), functions }));
  world.emit({ kind: 'notice', message: 'the applied state was lost: rebuilt from the running containers' });
}

/** Builds the image of a release again, or pulls it. Rejects with `image-missing` when it would be another one. */
export async function rebuildImage(
  faaso: Faaso,
  release: AppliedRelease,
  reading: Reading,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { project } = await faaso.load(reading);
  const fn = project.functions.find((item) => item.name === release.function);
  if (fn === undefined) throw filesChanged(release);
  const onLine = (line: string): void => emit({ kind: 'build-log', function: fn.name, line });
  const ensure = () => faaso.builder.ensure(project, fn, { noCache: false, pull: false }, onLine, signal);
  if (fn.source.kind === 'image' && fn.source.image === release.image) {
    // Which one a registry has shows only when it is here.
    if ((await ensure()).revision !== release.revision) throw imageMoved(release);
    return;
  }
  const { revision } = await faaso.builder.prepare(project, fn);
  if (revision !== release.revision) throw filesChanged(release);
  await ensure();
}

function filesChanged(release: AppliedRelease): FaasoError {
  const message = `the image ${release.image} is gone and the files have changed since it was built`;
  return new FaasoError('image-missing', message, {
    hint: 'faaso apply builds and deploys what the files say now',
  });
}

function imageMoved({ image, function: name }: AppliedRelease): FaasoError {
  const message = `the image that was applied is gone, and ${image} is another one now`;
  return new FaasoError('image-missing', message, { hint: `faaso apply ${name} deploys that one` });
}
