import type { ProjectStatus } from '../core/state.ts';

/** The status that a daemon of before an upgrade tells: without what came later. */
export type OlderStatus = Omit<ProjectStatus, 'router' | 'changed'> &
  Partial<Pick<ProjectStatus, 'changed'>> & {
    readonly router: Pick<ProjectStatus['router'], 'kind' | 'listen' | 'state'> &
      Partial<ProjectStatus['router']>;
  };

/** The status in the shape of this version; what is not told is not known to be. */
export function completed({ changed = [], router, ...status }: OlderStatus): ProjectStatus {
  const { https = null, hint = null, ...known } = router;
  return { ...status, router: { ...known, https, hint }, changed };
}
