/** One run of `apply`: every function on its own, then what needs all of them. */
import type { Prepared } from '../build/builder.ts';
import { errorData, FaasoError, toFaasoError } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import { canonicalJson } from '../core/hash.ts';
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project, Route } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { FunctionPlan, Plan, StepKind } from '../core/steps.ts';
import { placeOf } from '../plan/reasons.ts';
import { routesFor, withoutFunction, withRelease, withSettings } from './applied.ts';
import { prune } from './prune.ts';
import { rollOut, RolloutFailure } from './rollout.ts';
import { awaitRunning } from './steps/await-running.ts';
import type { World } from './world.ts';

/** What is applied: valid files with every revision worked out. */
export interface RunRequest {
  readonly project: Project;
  readonly variables: Readonly<Record<string, string>>;
  readonly plan: Plan;
  readonly prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>;
  /** Whether only named functions are applied; settings of the project stay as they are then. */
  readonly partial: boolean;
}

export interface RunResult {
  readonly failed: readonly FunctionName[];
  readonly changed: readonly FunctionName[];
  readonly unchanged: readonly FunctionName[];
  readonly interrupted: boolean;
}

/** Carries a plan out. Functions fail alone; rejects only when the run as a whole cannot begin. */
export async function applyRun(
  world: World,
  request: RunRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<RunResult> {
  await applySettings(world, request);
  const outcomes = new Map<FunctionName, Outcome>();
  const finish = async (name: FunctionName, work: () => Promise<Outcome>): Promise<void> => {
    const began = world.clock.now();
    const outcome = await work().catch((error: unknown) => failure(world, name, error));
    outcomes.set(name, outcome);
    emit({ kind: 'function-done', function: name, outcome, durationMs: world.clock.now() - began });
  };
  // Routes and removals come last: a path leaves a function only when the one it goes to serves it.
  const late = (item: FunctionPlan): boolean => item.action === 'route' || item.action === 'remove';
  const early = request.plan.functions.filter((item) => !late(item));
  await Promise.all(
    early.map((item) => finish(item.function, () => deploy(world, request, item, emit, signal))),
  );
  for (const item of request.plan.functions.filter(late)) {
    await finish(item.function, () => reroute(world, request, item, signal));
  }
  const names = (...kinds: Outcome['kind'][]): FunctionName[] =>
    [...outcomes].filter(([, outcome]) => kinds.includes(outcome.kind)).map(([name]) => name);
  return {
    failed: names('failed'),
    changed: names('deployed', 'routed', 'removed'),
    unchanged: names('unchanged'),
    interrupted: signal.aborted,
  };
}

/** Where a function's routes are, for people. */
export function pathsOf(routes: readonly Route[]): readonly string[] {
  return routes.map(placeOf);
}

async function applySettings(world: World, { project, variables, partial }: RunRequest): Promise<void> {
  const before = world.store.read();
  if (before !== undefined && partial) return;
  const next = withSettings(before, project, variables);
  // Listening comes before the commit: an address that is taken must not become the applied one.
  await world.publisher.listen(project.router);
  if (before === undefined || settingsOf(before) !== settingsOf(next)) await world.store.commit(() => next);
}

function settingsOf({ name, root, ports, router, variables }: Applied): string {
  return canonicalJson({ name, root, ports, router, variables });
}

async function deploy(
  world: World,
  request: RunRequest,
  item: FunctionPlan,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  if (item.action === 'none') return { kind: 'unchanged' };
  const fn = specOf(request, item.function);
  const prepared = request.prepared.get(item.function);
  if (prepared === undefined || prepared instanceof FaasoError) {
    throw new RolloutFailure(
      'build-image',
      prepared ?? new FaasoError('internal', `${item.function} was not prepared`),
    );
  }
  if (item.action === 'restart') {
    await awaitRunning(world, fn, emit, signal);
    return await reroute(world, request, item, signal);
  }
  const release = await rollOut(world, { project: request.project, fn, prepared }, emit, signal);
  await prune(world, fn.name);
  return deployed(release.number, release.revision, fn, release.routes);
}

/** Changes routes only, or removes a function that no route needs any more. */
async function reroute(
  world: World,
  request: RunRequest,
  item: FunctionPlan,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  const before = world.store.read();
  const current = before?.functions[item.function]?.current;
  const routes = routesFor(item.function, request.project.routes, before);
  if (item.action === 'remove' && routes.length === 0) {
    if (current !== undefined)
      await world.store.commit((state) => withoutFunction(existing(state), item.function));
    await world.queue.run(item.function);
    return { kind: 'removed' };
  }
  if (current === undefined || canonicalJson(current.routes) === canonicalJson(routes)) {
    if (item.action !== 'restart' || current === undefined) return { kind: 'unchanged' };
    return deployed(current.number, current.revision, undefined, current.routes);
  }
  const release = { ...current, number: current.number + 1, routes, appliedAt: world.clock.now() };
  await world.store.commit((state) => withRelease(existing(state), release));
  await world.publisher.publish();
  return { kind: 'routed', paths: pathsOf(routes) };
}

function failure(world: World, name: FunctionName, error: unknown): Outcome {
  const current = world.store.read()?.functions[name]?.current;
  const serving =
    current === undefined || world.live.get(name)?.target === undefined
      ? null
      : { release: current.number, revision: short(current.revision), paths: pathsOf(current.routes) };
  const step: StepKind = error instanceof RolloutFailure ? error.step : 'switch-route';
  const cause = error instanceof RolloutFailure ? error.error : toFaasoError(error);
  return { kind: 'failed', step, error: errorData(cause), serving };
}

function deployed(
  release: number,
  revision: string,
  fn: FunctionSpec | undefined,
  routes: readonly Route[],
): Outcome {
  return {
    kind: 'deployed',
    release,
    revision: short(revision),
    tests: fn?.tests.length ?? 0,
    paths: pathsOf(routes),
  };
}

function specOf({ project }: RunRequest, name: FunctionName): FunctionSpec {
  const fn = project.functions.find((item) => item.name === name);
  if (fn === undefined) throw new FaasoError('function-unknown', `functions.yml has no function ${name}`);
  return fn;
}

function existing(state: Applied | undefined): Applied {
  if (state === undefined) throw new Error('settings are applied before any release');
  return state;
}
