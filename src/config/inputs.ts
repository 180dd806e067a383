import type { Problems } from './problems.ts';

/** What every part of one load shares. */
export interface Inputs {
  /** Absolute real path of the project's folder. */
  readonly root: string;
  /** Absolute path of the templates that came with faaso. */
  readonly templates: string;
  readonly problems: Problems;
  /** Files and folders that a change of would change the result. */
  readonly watched: Set<string>;
}
