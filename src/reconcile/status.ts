/** One row of `faaso status` for each function. Pure. */
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { Project } from '../core/specs.ts';
import type {
  Applied,
  AppliedFunction,
  AppliedRelease,
  FailedFunction,
  FunctionStatus,
  Instance,
} from '../core/state.ts';
import type { FunctionPlan, Plan } from '../core/steps.ts';
import { isOfRelease, isUp } from '../plan/plan.ts';
import { wordsOf } from '../plan/reasons.ts';
import { placeOf } from '../plan/routes.ts';
import { explainStatus } from './failure.ts';
import type { Live } from './live.ts';

export interface StatusInput {
  readonly applied: Pick<Applied, 'functions'> | undefined;
  /** What `faaso down` took down. */
  readonly takenDown?: Readonly<Record<string, AppliedFunction>>;
  /** `undefined` when the engine does not answer. */
  readonly instances: readonly Instance[] | undefined;
  /** Absent without a daemon. */
  readonly live?: ReadonlyMap<FunctionName, Live>;
  /** What the files say, where they are valid; `plan` holds what differs from what is applied. */
  readonly project?: Project;
  readonly plan?: Plan;
  /** What failed in the last apply. */
  readonly failed?: readonly FailedFunction[];
  readonly now: number;
}

/** The rows, sorted by name: applied functions, then those that are only in the files. */
export function functionRows(input: StatusInput): readonly FunctionStatus[] {
  const applied = Object.values(input.applied?.functions ?? {}).map((item) => item.current);
  const rows = applied.map((release) => appliedRow(input, release));
  const names = new Set(applied.map((release) => release.function));
  for (const fn of input.project?.functions ?? []) {
    if (names.has(fn.name)) continue;
    const before = input.takenDown?.[fn.name]?.current;
    rows.push({
      name: fn.name,
      state: 'stopped',
      reason: before === undefined ? 'not applied yet' : 'taken down: faaso apply brings it back',
      routes: (input.project?.routes ?? []).filter((route) => route.function === fn.name).map(placeOf),
      runtime: fn.source.kind === 'folder' ? fn.source.runtime.name : 'image',
      revision: before === undefined ? '' : short(before.revision),
      release: before?.number ?? 0,
      pinned: before?.pin?.of ?? null,
      instance: null,
      port: null,
      restarts: 0,
      lastRestart: null,
      failedApply: failedApply(input, fn.name),
      since: null,
      changed: before === undefined ? ['new in functions.yml'] : changesSince(input.plan, fn.name),
    });
  }
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function appliedRow(input: StatusInput, release: AppliedRelease): FunctionStatus {
  const name = release.function;
  const live = input.live?.get(name);
  const own = (input.instances ?? []).filter((item) => item.function === name && isOfRelease(item, release));
  const instance = own.find((item) => item.id === live?.target?.instance) ?? own.find(isUp) ?? own[0];
  const source = input.project?.functions.find((fn) => fn.name === name)?.source;
  return {
    name,
    ...stateOf(input, live, instance),
    routes: release.routes.map(placeOf),
    runtime: source === undefined ? '' : source.kind === 'folder' ? source.runtime.name : 'image',
    revision: short(release.revision),
    release: release.number,
    pinned: release.pin?.of ?? null,
    instance: instance === undefined ? null : instance.id.slice(0, 12),
    port: instance?.port ?? null,
    restarts: live?.failures.restarts ?? 0,
    lastRestart: lastRestart(live),
    failedApply: failedApply(input, name),
    changed: changedWords(input.plan?.functions.find((item) => item.function === name)),
  };
}

function stateOf(
  input: StatusInput,
  live: Live | undefined,
  instance: Instance | undefined,
): Pick<FunctionStatus, 'state' | 'reason' | 'since'> {
  if (live !== undefined) {
    const wait = live.waiting === undefined ? 0 : Math.ceil((live.waiting.until - input.now) / 1000);
    const reason = wait > 0 ? `${live.reason}; next try in ${wait} s` : live.reason;
    return { state: live.state, reason, since: iso(live.since) };
  }
  if (input.instances === undefined)
    return { state: 'stopped', reason: 'unknown: the engine does not answer', since: null };
  if (instance !== undefined && isUp(instance)) {
    return {
      state: 'running',
      reason: '',
      since: instance.status.kind === 'running' ? iso(instance.status.startedAt) : null,
    };
  }
  return { state: 'stopped', reason: explainStatus(instance), since: null };
}

/** What it is restarted for now is its state's reason, and no restart yet. */
function lastRestart(live: Live | undefined): FunctionStatus['lastRestart'] {
  if (live?.lastFailure === undefined || live.failures.restarts === 0) return null;
  return { at: iso(live.lastFailure.at), reason: live.lastFailure.reason };
}

function failedApply({ failed }: StatusInput, name: FunctionName): FunctionStatus['failedApply'] {
  const found = failed?.find((item) => item.function === name);
  if (found === undefined) return null;
  const { function: _, ...rest } = found;
  return rest;
}

/** What differs from what was taken down, besides that. */
function changesSince(plan: Plan | undefined, name: FunctionName): readonly string[] {
  const item = plan?.functions.find((each) => each.function === name);
  if (item === undefined) return [];
  const kinds = ['source-changed', 'image-changed', 'spec-changed'];
  const steps = item.steps.filter(({ reason }) => kinds.includes(reason.kind));
  return changedWords({ ...item, steps });
}

function changedWords(plan: FunctionPlan | undefined): readonly string[] {
  if (plan === undefined) return [];
  return [...new Set(plan.steps.flatMap((step) => wordsOf(step.reason)))];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
