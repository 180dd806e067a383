import { short } from '../core/names.ts';
import { appliedName } from '../project/function-names.ts';
import { history } from '../reconcile/history.ts';
import type { ProjectLocation, ReleasesAnswer } from './api.ts';
import { withFaaso } from './with-faaso.ts';

/** The releases that are kept of a function. Without an engine it is not known whether their images are. */
export async function releasesLocally(location: ProjectLocation, name: string): Promise<ReleasesAnswer> {
  return await withFaaso(location, async (faaso) => {
    const store = await faaso.store();
    const [applied, aside] = [store.read(), store.takenDown()];
    const takenDown = aside !== undefined && Object.hasOwn(aside.functions, name) ? aside : undefined;
    const isDown = takenDown !== undefined && applied?.functions[name] === undefined;
    const state = isDown ? takenDown : (applied ?? aside);
    const known = appliedName(state, name);
    const item = state?.functions[known];
    const all = item === undefined ? [] : history(item);
    const releases = await Promise.all(
      all.map(async ({ release, changes }) => ({
        number: release.number,
        revision: short(release.revision),
        image: release.image,
        imagePresent: await faaso.builder.imageOf(release).then(
          (image) => image !== undefined,
          () => null,
        ),
        appliedAt: new Date(release.appliedAt).toISOString(),
        current: release === item?.current,
        repeats: release.pin?.of ?? null,
        changes,
      })),
    );
    return { function: known, takenDown: isDown, releases };
  });
}
