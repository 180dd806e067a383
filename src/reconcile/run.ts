/** One run of `apply`: every function on its own, then what needs all of them. */
import { setMaxListeners } from 'node:events';

import type { Prepared } from '../build/builder.ts';
import { errorData, FaasoError } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import { canonicalJson } from '../core/hash.ts';
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project, Route } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { Action, FunctionPlan, Plan } from '../core/steps.ts';
import { placeOf } from '../plan/reasons.ts';
import { routesFor, withoutFunction, withRelease, withSettings } from './applied.ts';
import { interruption } from './failure.ts';
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
  // Every function of the run listens to its end: that many are no leak.
  setMaxListeners(0, signal);
  await applySettings(world, request);
  const outcomes = new Map<FunctionName, Outcome>();
  const finish = async (name: FunctionName, work: () => Promise<Outcome>): Promise<void> => {
    const began = world.clock.now();
    const outcome = await work().catch((error: unknown) => failure(world, name, error, signal));
    outcomes.set(name, outcome);
    emit({ kind: 'function-done', function: name, outcome, durationMs: world.clock.now() - began });
  };
  // Routes come later, and removals last: a path leaves a function only when the one it goes to serves it.
  const of = (...actions: Action[]): FunctionPlan[] =>
    request.plan.functions.filter((item) => actions.includes(item.action));
  await Promise.all(
    of('create', 'replace', 'restart', 'none').map((item) =>
      finish(item.function, () => deploy(world, request, item, emit, signal)),
    ),
  );
  for (const item of [...of('route'), ...of('remove')]) {
    await finish(item.function, () => reroute(world, request, item, signal));
  }
  const names = (...kinds: Outcome['kind'][]): FunctionName[] =>
    [...outcomes].filter(([, outcome]) => kinds.includes(outcome.kind)).map(([name]) => name);
  return {
    failed: names('failed'),
    changed: names('deployed', 'routed', 'removed'),
    unchanged: names('unchanged'),
    interrupted: [...outcomes.values()].some(
      (outcome) => outcome.kind === 'failed' && outcome.error.code === 'interrupted',
    ),
  };
}

/** Where a function's routes are, for people. */
function pathsOf(routes: readonly Route[]): readonly string[] {
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
  // Images that stay too long fail no deployment.
  await prune(world, fn.name).catch((error: unknown) =>
    world.emit({ kind: 'failure', error: errorData(error) }),
  );
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
  const name = item.function;
  const before = world.store.read();
  const current = before?.functions[name]?.current;
  const routes = routesFor(name, request.project.routes, before);
  if (item.action === 'remove' && routes.length === 0) {
    if (current !== undefined) await world.store.commit((state) => withoutFunction(existing(state), name));
    await world.queue.run(name);
    return { kind: 'removed' };
  }
  if (current === undefined || canonicalJson(current.routes) === canonicalJson(routes)) {
    if (item.action !== 'restart' || current === undefined) return { kind: 'unchanged' };
    return deployed(current.number, current.revision, undefined, current.routes);
  }
  const after = await world.store.commit((state) =>
    withRoutes(existing(state), name, request.project.routes, world),
  );
  await world.publisher.publish();
  return { kind: 'routed', paths: pathsOf(after.functions[name]?.current.routes ?? []) };
}

/** Works the routes out from the state of the moment: another function may have been committed since. */
function withRoutes(
  state: Applied,
  name: FunctionName,
  desired: readonly Route[],
  { clock }: World,
): Applied {
  const current = state.functions[name]?.current;
  if (current === undefined) return state;
  const routes = routesFor(name, desired, state);
  return withRelease(state, { ...current, number: current.number + 1, routes, appliedAt: clock.now() });
}

function failure(world: World, name: FunctionName, error: unknown, signal: AbortSignal): Outcome {
  const current = world.store.read()?.functions[name]?.current;
  const serving =
    current === undefined || world.live.get(name)?.target === undefined
      ? null
      : { release: current.number, revision: short(current.revision), paths: pathsOf(current.routes) };
  if (error instanceof RolloutFailure) {
    return { kind: 'failed', step: error.step, error: errorData(error.error), serving };
  }
  const cause = signal.aborted && error === signal.reason ? interruption(signal) : error;
  return { kind: 'failed', step: 'switch-route', error: errorData(cause), serving };
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
