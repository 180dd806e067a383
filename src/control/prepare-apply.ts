/** An apply that can begin. */
import { heldWords } from '../core/steps.ts';
import type { Plan } from '../core/steps.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded } from '../project/load.ts';
import type { PreparedRun } from '../reconcile/replace.ts';
import { applyRun } from '../reconcile/run.ts';
import type { Store } from '../reconcile/store.ts';
import type { World } from '../reconcile/world.ts';

export interface ApplyRequest {
  readonly faaso: Faaso;
  readonly store: Store;
  readonly world: World;
  readonly loaded: Loaded;
  /** Empty = all functions. */
  readonly names: readonly string[];
  /** Whether a person asked; a watcher leaves removals to `apply`. */
  readonly isTyped: boolean;
}

/** Plans the named functions of the files that were read. Rejects as `Faaso.plan`. */
export async function prepareApply({
  faaso,
  store,
  world,
  loaded,
  names,
  isTyped,
}: ApplyRequest): Promise<PreparedRun> {
  const planned = await faaso.plan(loaded, names, store);
  const plan = isTyped ? planned.plan : withoutRemovals(planned.plan);
  const { variables, project, files } = loaded;
  const partial = names.length > 0;
  return {
    plan,
    notices: isTyped ? heldNotices(plan) : removalNotices(planned.plan),
    carryOut: (...run) => applyRun(world, { ...planned, project, variables, files, plan, partial }, ...run),
  };
}

/** What an apply leaves as it is although the files say otherwise. */
function heldNotices({ functions }: Plan): readonly string[] {
  return functions.flatMap(({ function: name, pinned }) =>
    pinned === undefined ? [] : [`${name}: ${heldWords(pinned)}`],
  );
}

function withoutRemovals(plan: Plan): Plan {
  return { ...plan, functions: plan.functions.filter((item) => item.action !== 'remove') };
}

function removalNotices({ functions }: Plan): readonly string[] {
  const removals = functions.filter((item) => item.action === 'remove');
  if (removals.length === 0) return [];
  const names = removals.map((item) => item.function).join(', ');
  return [
    `${names}: no longer in functions.yml; "faaso apply" removes ${removals.length === 1 ? 'it' : 'them'}`,
  ];
}
