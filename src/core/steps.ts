/** A plan: the steps from applied and observed to desired, each with its reason. Plain data. */
import type { FunctionName } from './names.ts';

/** The steps of a rollout, in their order. `commit` is the point after which a crash heals forward. */
export type StepKind =
  | 'build-image'
  | 'start-instance'
  | 'await-healthy'
  | 'run-tests'
  | 'commit'
  | 'switch-route'
  | 'drain-instance'
  | 'remove-instance'
  | 'prune';

/** Why a step is needed. `changes` are in words without values: `handler.py`, `env LEVEL`, `memory 256m → 512m`. */
export type Reason =
  | { readonly kind: 'new' }
  | { readonly kind: 'removed' }
  | { readonly kind: 'source-changed'; readonly changes: readonly string[] }
  | { readonly kind: 'image-missing' }
  | { readonly kind: 'image-changed' }
  | { readonly kind: 'spec-changed'; readonly changes: readonly Change[] }
  | {
      readonly kind: 'routes-changed';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly { readonly route: string; readonly changes: readonly Change[] }[];
    }
  | { readonly kind: 'not-running'; readonly detail: string }
  /** `faaso restart`. */
  | { readonly kind: 'restart-asked' }
  /** `faaso rollback`: to the release of that number. */
  | { readonly kind: 'rolled-back'; readonly to: number }
  | { readonly kind: 'unhealthy'; readonly detail: string };

/** One changed key. `from` and `to` are absent where the value may be private (env). */
export interface Change {
  readonly key: string;
  readonly from?: string;
  readonly to?: string;
  /** Of a list of names those that come (`+ada`), go (`-ada`) or stand for something else now (`~ada`). */
  readonly names?: readonly string[];
  /** Private values, shown only with `--show-values`. */
  readonly secret?: { readonly from?: string; readonly to?: string };
}

export interface Step {
  readonly function: FunctionName;
  readonly step: StepKind;
  readonly reason: Reason;
}

/** What a plan does to one function, in one word. `restart`: the release stays, its instance is brought back. */
export type Action = 'create' | 'replace' | 'restart' | 'route' | 'remove' | 'none';

export interface FunctionPlan {
  readonly function: FunctionName;
  readonly action: Action;
  /** The release that a rollback went back to and that holds against what the files say. */
  readonly pinned?: number;
  readonly steps: readonly Step[];
}

export interface Plan {
  readonly functions: readonly FunctionPlan[];
  /** What changes for the project as a whole: where the router listens, which ports are used. Absent = nothing. */
  readonly settings?: readonly Change[];
}

/** Whether carrying out the plan changes nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.functions.every((item) => item.action === 'none') && (plan.settings ?? []).length === 0;
}

/** That a rollback holds, in words. `release`: the one that it went back to. */
export function heldWords(release: number): string {
  return `held at release ${release} (rolled back); it follows the files again when they change`;
}
