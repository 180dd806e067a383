import type { ProbeReport } from '../core/explanation.ts';
import type { World } from '../reconcile/world.ts';

/** How the instance that serves a function answered its last probe; `null` before the first. */
export function lastProbe(world: World | undefined, name: string): ProbeReport | null {
  const live = [...(world?.live ?? [])].find(([key]) => key === name)?.[1];
  const health = live?.target === undefined ? undefined : world?.health.health(live.target.instance);
  if (health?.last === undefined || health.probedAt === undefined) return null;
  const { healthy, detail, durationMs } = health.last;
  return { healthy, detail, durationMs: Math.round(durationMs), at: health.probedAt };
}
