/** What each release that is kept changed. Pure. */
import type { AppliedFunction, AppliedRelease } from '../core/state.ts';
import type { Reason } from '../core/steps.ts';
import { sourceReason, specReason } from '../plan/reasons.ts';
import { routesReason } from '../plan/routes.ts';

/** The kept releases, newest first, each with what changed against the one before that is kept. */
export function history({
  current,
  earlier,
}: AppliedFunction): readonly { readonly release: AppliedRelease; readonly changes: readonly Reason[] }[] {
  const kept = [current, ...earlier].sort((a, b) => b.number - a.number);
  return kept.map((release, index) => ({ release, changes: changesOf(release, kept[index + 1]) }));
}

/** What a release changed; `before`: the one before it that is kept. */
export function changesOf(release: AppliedRelease, before: AppliedRelease | undefined): readonly Reason[] {
  if (release.pin !== undefined) return [{ kind: 'rolled-back', to: release.pin.of }];
  if (before === undefined) return release.changes ?? [];
  const routes = routesReason(before.routes, release.routes);
  return [
    ...(release.revision === before.revision ? [] : [sourceReason(before, release)]),
    ...(release.specHash === before.specHash ? [] : [specReason(before.spec, release.spec)]),
    ...(routes === undefined ? [] : [routes]),
  ];
}
