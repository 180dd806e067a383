/** What a rollback holds against the files. Pure. */
import { desiredKey } from '../core/hash.ts';
import type { FunctionName } from '../core/names.ts';
import type { Route } from '../core/specs.ts';
import type { AppliedFunction, AppliedRelease, Release } from '../core/state.ts';

type Asked = Pick<Release, 'revision' | 'spec' | 'routes'>;

/** Whether a rollback still holds: the files ask for what they asked for when it left that. */
export function isHeld(desired: Asked, applied: AppliedRelease | undefined): boolean {
  return applied?.pin !== undefined && applied.pin.left === desiredKey(desired);
}

/** Where each function is to be found: where the files say; where its release says, for one that is held. */
export function wantedRoutes(
  desired: readonly (Asked & { readonly name: FunctionName })[],
  applied: Readonly<Record<string, AppliedFunction>>,
): readonly Route[] {
  return desired.flatMap((item) => {
    const current = applied[item.name]?.current;
    return current !== undefined && isHeld(item, current) ? current.routes : item.routes;
  });
}

/** The number of a release as its owner knows it: of one that repeats another, the other's. */
export function knownAs(release: Release): number {
  return release.pin?.of ?? release.number;
}
