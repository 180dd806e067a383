import type { FunctionName, Revision } from '../core/names.ts';
import type { ContainerSpec, Route } from '../core/specs.ts';
import type { AppliedFunction, AppliedRelease, Instance } from '../core/state.ts';
import type { Action, FunctionPlan, Plan, Reason, Step, StepKind } from '../core/steps.ts';
import { isHeld, knownAs } from './pins.ts';
import { settingsChanges, sourceReason, specReason } from './reasons.ts';
import { routesReason } from './routes.ts';
import type { Settings } from './reasons.ts';

/** What the files ask for, with its revision worked out. */
export interface DesiredFunction {
  readonly name: FunctionName;
  readonly revision: Revision;
  readonly image: string;
  /** Whether the engine has the image. */
  readonly present: boolean;
  readonly inputs: Readonly<Record<string, string>>;
  readonly spec: ContainerSpec;
  readonly specHash: string;
  readonly routes: readonly Route[];
  readonly tests: number;
}

export interface PlanInput {
  readonly desired: readonly DesiredFunction[];
  readonly applied: Readonly<Record<string, AppliedFunction>>;
  readonly observed: readonly Instance[];
  /** What `faaso down` took down and was not applied since. */
  readonly takenDown?: Readonly<Record<string, AppliedFunction>>;
  /** What the files and the last apply say of the project as a whole; absent when nothing was applied yet. */
  readonly settings?: { readonly applied: Settings; readonly desired: Settings };
  /** Absent = all functions, and the removal of those that the files name no more. */
  readonly only?: readonly FunctionName[];
}

/** The steps from applied and observed to desired, sorted by function. Pure. */
export function plan(input: PlanInput): Plan {
  const { only } = input;
  const wanted = input.desired.filter((item) => only === undefined || only.includes(item.name));
  const names = new Set(input.desired.map((item) => item.name));
  const dropped = only === undefined ? droppedNames(input, names) : [];
  const functions = [
    ...wanted.map((desired) =>
      planFunction(
        desired,
        input.applied[desired.name]?.current,
        instancesOf(input.observed, desired.name),
        input.takenDown?.[desired.name]?.current,
      ),
    ),
    ...dropped.map((name) => planRemoval(name, input.applied[name]?.current)),
  ];
  functions.sort((a, b) => (a.function < b.function ? -1 : 1));
  const settings =
    input.settings === undefined || only !== undefined
      ? []
      : settingsChanges(input.settings.applied, input.settings.desired);
  return settings.length === 0 ? { functions } : { functions, settings };
}

/** Whether two releases, or an instance and a release, are the same: same image, same container spec. */
export function isOfRelease(one: SameAs, other: SameAs): boolean {
  return one.revision === other.revision && one.specHash === other.specHash;
}

type SameAs = Pick<AppliedRelease, 'revision' | 'specHash'>;

/** Whether an instance may be served from. A paused one is up until its probes say otherwise. */
export function isUp(instance: Instance): boolean {
  return instance.status.kind === 'paused' || (instance.status.kind === 'running' && instance.portBound);
}

function planFunction(
  desired: DesiredFunction,
  applied: AppliedRelease | undefined,
  instances: readonly Instance[],
  takenDown: AppliedRelease | undefined,
): FunctionPlan {
  const name = desired.name;
  if (applied === undefined) {
    if (takenDown !== undefined) return planReturn(desired, takenDown);
    const first = routesReason([], desired.routes);
    const fresh: Reason[] = [{ kind: 'new' }];
    return rollout(name, 'create', desired, first === undefined ? fresh : [...fresh, first], false);
  }
  if (isHeld(desired, applied)) return planHeld(applied, instances);
  const reasons: Reason[] = [];
  if (desired.revision !== applied.revision) reasons.push(sourceReason(applied, desired));
  if (desired.specHash !== applied.specHash) reasons.push(specReason(applied.spec, desired.spec));
  const routes = routesReason(applied.routes, desired.routes);
  if (reasons.length > 0)
    return rollout(name, 'replace', desired, routes === undefined ? reasons : [...reasons, routes], true);
  const missing = notRunning(applied, instances);
  if (missing !== undefined) return restart(name, desired, missing, routes);
  if (routes !== undefined)
    return { function: name, action: 'route', steps: steps(name, ['commit', 'switch-route'], routes) };
  return { function: name, action: 'none', steps: [] };
}

/** What was taken down comes back as the files say; as its release says where a rollback holds that. */
function planReturn(desired: DesiredFunction, before: AppliedRelease): FunctionPlan {
  const held = isHeld(desired, before);
  const reasons: Reason[] = [{ kind: 'not-running', detail: 'it was taken down' }];
  if (!held && desired.revision !== before.revision) reasons.unshift(sourceReason(before, desired));
  if (!held && desired.specHash !== before.specHash) reasons.push(specReason(before.spec, desired.spec));
  const routes = routesReason([], (held ? before : desired).routes);
  if (routes !== undefined) reasons.push(routes);
  const returned = rollout(
    desired.name,
    'create',
    held ? { ...desired, present: true, tests: 0 } : desired,
    reasons,
    false,
  );
  return held ? { ...returned, pinned: knownAs(before) } : returned;
}

/** The files still ask for what a rollback left: its release is what counts. */
function planHeld(applied: AppliedRelease, instances: readonly Instance[]): FunctionPlan {
  const missing = notRunning(applied, instances);
  const held: FunctionPlan =
    missing === undefined
      ? { function: applied.function, action: 'none', steps: [] }
      : restart(applied.function, { present: true }, missing, undefined);
  return { ...held, pinned: knownAs(applied) };
}

function rollout(
  name: FunctionName,
  action: Action,
  desired: DesiredFunction,
  reasons: readonly Reason[],
  replaces: boolean,
): FunctionPlan {
  const [first] = reasons;
  if (first === undefined) throw new Error('a rollout has a reason');
  const build: Step[] = desired.present
    ? []
    : steps(
        name,
        ['build-image'],
        first.kind === 'spec-changed' || first.kind === 'not-running' ? { kind: 'image-missing' } : first,
      );
  const kinds: StepKind[] = [
    'start-instance',
    'await-healthy',
    ...(desired.tests > 0 ? (['run-tests'] as const) : []),
    'commit',
    'switch-route',
    ...(replaces ? (['drain-instance', 'remove-instance', 'prune'] as const) : []),
  ];
  // A step with several reasons is there once for each of them.
  const shownAt = (reason: Reason): StepKind =>
    reason.kind === 'routes-changed' ? 'switch-route' : 'start-instance';
  const started = kinds.flatMap((kind) =>
    reasons
      .filter((reason) => shownAt(reason) === kind || (reason === first && needs(reason, kind)))
      .flatMap((reason) => steps(name, [kind], reason)),
  );
  return { function: name, action, steps: [...build, ...started] };
}

/** A new function's routes are a reason of their own; without one it has no route to switch. */
function needs(reason: Reason, kind: StepKind): boolean {
  return reason.kind !== 'new' || kind !== 'switch-route';
}

function restart(
  name: FunctionName,
  desired: Pick<DesiredFunction, 'present'>,
  missing: Reason,
  routes: Reason | undefined,
): FunctionPlan {
  return {
    function: name,
    action: 'restart',
    steps: [
      ...(desired.present ? [] : steps(name, ['build-image'], { kind: 'image-missing' })),
      ...steps(name, ['start-instance', 'await-healthy'], missing),
      ...(routes === undefined ? [] : steps(name, ['commit'], routes)),
      ...steps(name, ['switch-route'], routes ?? missing),
    ],
  };
}

function planRemoval(name: FunctionName, applied: AppliedRelease | undefined): FunctionPlan {
  const kinds: StepKind[] = ['drain-instance', 'remove-instance'];
  if (applied !== undefined && applied.routes.length > 0) kinds.unshift('switch-route');
  if (applied !== undefined) kinds.unshift('commit');
  return { function: name, action: 'remove', steps: steps(name, kinds, { kind: 'removed' }) };
}

function notRunning(applied: AppliedRelease, instances: readonly Instance[]): Reason | undefined {
  const own = instances.filter((instance) => isOfRelease(instance, applied));
  if (own.some(isUp)) return undefined;
  const [one] = own;
  if (one === undefined) return { kind: 'not-running', detail: 'its container is gone' };
  return { kind: 'not-running', detail: describe(one) };
}

function describe(instance: Instance): string {
  switch (instance.status.kind) {
    case 'created':
      return 'its container never started';
    case 'paused':
    case 'running':
      return `its container lost port ${instance.port}`;
    case 'exited':
      return instance.status.oomKilled
        ? 'its container ran out of memory'
        : `its container exited with code ${instance.status.exitCode}`;
  }
}

function droppedNames(input: PlanInput, desired: ReadonlySet<FunctionName>): readonly FunctionName[] {
  const known = [
    ...Object.values(input.applied).map((item) => item.current.function),
    ...input.observed.map((instance) => instance.function),
  ];
  return [...new Set(known)].filter((name) => !desired.has(name));
}

function instancesOf(observed: readonly Instance[], name: FunctionName): readonly Instance[] {
  return observed.filter((instance) => instance.function === name);
}

function steps(name: FunctionName, kinds: readonly StepKind[], reason: Reason): Step[] {
  return kinds.map((step) => ({ function: name, step, reason }));
}
