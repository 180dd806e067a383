import type { Instance, Release } from '../core/state.ts';
import { isOfRelease } from '../plan/plan.ts';

/** Of a function's instances the one that serves the release: one that answers before others, the newest first. Pure. */
export function instanceOf(
  instances: readonly Instance[],
  release: Pick<Release, 'function' | 'revision' | 'specHash'>,
): Instance | undefined {
  return instances
    .filter(
      (item) => item.purpose === 'serve' && item.function === release.function && isOfRelease(item, release),
    )
    .sort((a, b) => Number(canAnswer(b)) - Number(canAnswer(a)) || b.createdAt - a.createdAt)[0];
}

/** Whether a call of the instance's port can be answered. A paused one would let its callers wait. */
export function canAnswer({ status, portBound }: Instance): boolean {
  return status.kind === 'running' && portBound;
}
