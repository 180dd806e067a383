/** One run of `apply`: every function on its own, then what needs all of them. */
import type { Prepared } from '../build/builder.ts';
import { errorData, FaasoError, toFaasoError } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import { canonicalJson } from '../core/hash.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project, Route } from '../core/specs.ts';
import type { Applied, ProjectFiles } from '../core/state.ts';
import type { Action, FunctionPlan, Plan } from '../core/steps.ts';
import {
  acceptedRoutes,
  routesFor,
  takenDownOf,
  withoutFunction,
  withRelease,
  withSettings,
} from './applied.ts';
import { deploy } from './deploy.ts';
import { deployed, Outcomes, pathsOf } from './outcomes.ts';
import type { RunResult } from './outcomes.ts';
import { prune } from './prune.ts';
import { bringBackHeld } from './replace.ts';
import type { RouterStatus } from '../router/router.ts';
import { RolloutFailure } from './step.ts';
import { awaitRunning } from './steps/await-running.ts';
import type { World } from './world.ts';

/** What is applied: valid files with every revision worked out. */
export interface RunRequest {
  readonly project: Project;
  /** Where each function is to be found: as the files say, but for those that a rollback holds. */
  readonly routes: readonly Route[];
  readonly variables: Readonly<Record<string, string>>;
  /** Which files said all this. */
  readonly files: ProjectFiles;
  readonly plan: Plan;
  readonly prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>;
  /** Whether only named functions are applied; settings of the project stay as they are then. */
  readonly partial: boolean;
}

/** Carries a plan out. Functions fail alone; rejects only when the run as a whole cannot begin. */
export async function applyRun(
  world: World,
  request: RunRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<RunResult> {
  await applySettings(world, request);
  const outcomes = new Outcomes(world, emit, signal);
  // Routes come later, and removals last: a path leaves a function only when the one it goes to serves it.
  const of = (...actions: Action[]): FunctionPlan[] =>
    request.plan.functions.filter((item) => actions.includes(item.action));
  await Promise.all(
    of('create', 'replace', 'restart', 'none').map((item) =>
      outcomes.finish(item.function, () => bringAbout(world, request, item, emit, signal)),
    ),
  );
  for (const item of [...of('route'), ...of('remove')]) {
    await outcomes.finish(item.function, () => reroute(world, request, item, signal));
  }
  return outcomes.result;
}

async function applySettings(
  world: World,
  { project, variables, files, partial }: RunRequest,
): Promise<void> {
  const before = world.store.read();
  if (before !== undefined && partial) return;
  const takenDown = takenDownOf(world.store, project.name);
  const next = withSettings(before, project, variables, files, takenDown);
  // Listening comes before the commit: an address that is taken must not become the applied one.
  await world.publisher.listen(project.router).catch((error: unknown) => {
    throw before === undefined ? error : withWhatServes(error, before, world.router.status());
  });
  if (before === undefined || settingsOf(before) !== settingsOf(next)) await world.store.commit(() => next);
}

/** Settings were shown before they were tried: the error says that none of them is applied. */
function withWhatServes(error: unknown, { router }: Applied, status: RouterStatus): FaasoError {
  const known = toFaasoError(error);
  const { code, message, details, hint } = known;
  const serves =
    status.kind === 'serving' ? `the router of kind ${router.kind} goes on serving on ${status.url}; ` : '';
  return new FaasoError(code, message, {
    cause: error,
    details: [...details, `${serves}nothing of this apply was done`],
    ...(hint === undefined ? {} : { hint }),
  });
}

/** All but what belongs to single functions. */
function settingsOf(applied: Applied): string {
  const { format: _, generation: __, functions: ___, ...settings } = applied;
  return canonicalJson(settings);
}

async function bringAbout(
  world: World,
  request: RunRequest,
  item: FunctionPlan,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  const name = item.function;
  const current = world.store.read()?.functions[name]?.current;
  const stays = item.action === 'none' || item.action === 'restart';
  if (item.pinned === undefined && stays) await noteAsked(world, request, name);
  if (item.action === 'none') return { kind: 'unchanged' };
  if (item.action === 'restart' && current !== undefined) {
    await awaitRunning(world, current, emit, signal);
    if (item.pinned === undefined) return await reroute(world, request, item, signal);
    // Its paths are its release's, but for those that went elsewhere meanwhile.
    return deployed(world.store.read()?.functions[name]?.current ?? current, 0);
  }
  const held = takenDownOf(world.store, request.project.name)[name]?.current;
  if (item.pinned !== undefined && held !== undefined) return await bringBackHeld(world, held, emit, signal);
  const fn = specOf(request, name);
  const prepared = request.prepared.get(name);
  if (prepared === undefined || prepared instanceof FaasoError) {
    const error = prepared ?? new FaasoError('internal', `${name} was not prepared`);
    throw new RolloutFailure(error.code === 'secret-missing' ? 'start-instance' : 'build-image', error);
  }
  const { project, routes } = request;
  const release = await deploy(world, { project, routes, fn, prepared }, emit, signal);
  // Images that stay too long fail no deployment.
  await prune(world, name).catch((error: unknown) =>
    world.emit({ kind: 'failure', error: errorData(error) }),
  );
  return deployed(release, fn.tests.length);
}

/**
 * Notes what the files ask for of a release that stays as it is: what a rollback went back to holds nothing any more,
 * and a path that could not leave yet is not asked for.
 */
async function noteAsked(world: World, { routes }: RunRequest, name: FunctionName): Promise<void> {
  const note = (state: Applied | undefined): Applied | undefined => {
    const found = state?.functions[name];
    if (state === undefined || found === undefined) return state;
    const { pin: _, asked: __, ...free } = found.current;
    const accepted = acceptedRoutes(free, routes, state);
    // Other routes are committed where they are switched.
    const stays = canonicalJson(accepted.routes) === canonicalJson(free.routes);
    const current = stays ? { ...free, ...accepted } : free;
    if (canonicalJson(current) === canonicalJson(found.current)) return state;
    const functions = { ...state.functions, [name]: { ...found, current } };
    return { ...state, generation: state.generation + 1, functions };
  };
  const before = world.store.read();
  if (note(before) !== before) await world.store.commit((state) => existing(note(state)));
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
  const routes = routesFor(name, request.routes, before);
  if (item.action === 'remove' && routes.length === 0) {
    if (current !== undefined) await world.store.commit((state) => withoutFunction(existing(state), name));
    await world.queue.run(name);
    return { kind: 'removed' };
  }
  if (current === undefined || canonicalJson(current.routes) === canonicalJson(routes)) {
    if (item.action === 'route') await noteAsked(world, request, name);
    if (item.action !== 'restart' || current === undefined) return { kind: 'unchanged' };
    return deployed(current, 0);
  }
  const after = await world.store.commit((state) => withRoutes(existing(state), name, request.routes, world));
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
  const { pin: _, asked: __, ...free } = current;
  const routes = acceptedRoutes(free, desired, state);
  return withRelease(state, { ...free, ...routes, number: current.number + 1, appliedAt: clock.now() });
}

function specOf({ project }: RunRequest, name: FunctionName): FunctionSpec {
  const fn = project.functions.find((item) => item.name === name);
  if (fn === undefined)
    throw new FaasoError('function-unknown', `functions.yml has no function ${name}`, {
      hint: 'faaso plan lists them',
    });
  return fn;
}

function existing(state: Applied | undefined): Applied {
  if (state === undefined) throw new Error('settings are applied before any release');
  return state;
}
