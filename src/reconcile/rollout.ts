/** Takes one function from what the files say to a committed release that carries its routes. */
import type { Prepared } from '../build/builder.ts';
import { toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { hashOf } from '../core/hash.ts';
import { short } from '../core/names.ts';
import type { FunctionSpec, Project } from '../core/specs.ts';
import type { AppliedRelease, Instance, Release } from '../core/state.ts';
import type { StepKind } from '../core/steps.ts';
import { isOfRelease } from '../plan/plan.ts';
import { routesFor, withRelease } from './applied.ts';
import { noFailures } from './backoff.ts';
import { interruption } from './failure.ts';
import { liveOf } from './live.ts';
import { awaitHealthy } from './steps/await-healthy.ts';
import { runTests } from './steps/run-tests.ts';
import { startInstance } from './steps/start-instance.ts';
import type { World } from './world.ts';

const CANDIDATE_GRACE_MS = 2000;

/** What is rolled out. */
export interface RolloutRequest {
  readonly project: Project;
  readonly fn: FunctionSpec;
  readonly prepared: Prepared;
}

/** A step failed before the commit point: whatever served before serves on. */
export class RolloutFailure extends Error {
  readonly step: StepKind;
  readonly error: FaasoError;

  constructor(step: StepKind, error: FaasoError) {
    super(error.message, { cause: error });
    this.name = 'RolloutFailure';
    this.step = step;
    this.error = error;
  }
}

/**
 * Builds, starts, checks, commits and switches. Rejects with {@link RolloutFailure} before the commit point; the
 * candidate has been removed then. An abort before that point is such a failure, with code `interrupted`; after it an
 * abort is too late, and an error (of the engine or the router) only delays the switch.
 */
export async function rollOut(
  world: World,
  request: RolloutRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<AppliedRelease> {
  const { fn } = request;
  const step = async <Result>(
    kind: StepKind,
    work: () => Promise<Result>,
    detail: (result: Result) => string = () => '',
  ): Promise<Result> => {
    const began = world.clock.now();
    emit({ kind: 'step-started', function: fn.name, step: kind });
    try {
      signal.throwIfAborted();
      const result = await work();
      const durationMs = world.clock.now() - began;
      emit({ kind: 'step-done', function: fn.name, step: kind, durationMs, detail: detail(result) });
      return result;
    } catch (error) {
      throw new RolloutFailure(kind, signal.aborted ? interruption(signal) : toFaasoError(error));
    }
  };

  const prepared = request.prepared.present
    ? request.prepared
    : await step(
        'build-image',
        () => buildImage(world, request, emit, signal),
        (built) => `${short(built.revision)} (${runtimeOf(fn)})`,
      );
  const release = nextRelease(world, request, prepared);
  const current = world.store.read()?.functions[fn.name]?.current;
  // The files may have gone back to what is applied since they were planned: then only routes are left to change.
  const same = current !== undefined && isOfRelease(current, release);
  if (!same) world.rollouts.set(fn.name, release);
  let candidate: Instance | undefined;
  let committed: AppliedRelease;
  try {
    if (!same) {
      const started = await step(
        'start-instance',
        () => startInstance(world, release, 0, signal),
        (item) => item.name,
      );
      candidate = started;
      await step('await-healthy', () => awaitHealthy(world, started, release.spec, signal));
      if (fn.tests.length > 0) {
        await step(
          'run-tests',
          () => runTests(world.engine, fn, started, signal),
          () => `${fn.tests.length} passed`,
        );
      }
    }
    committed = await step('commit', () => commit(world, request.project, release, prepared));
    if (candidate !== undefined) takeOver(world, candidate, release);
  } catch (error) {
    if (candidate !== undefined) await discard(world, candidate);
    throw error;
  } finally {
    world.rollouts.delete(fn.name);
    world.queue.enqueue(fn.name);
  }
  emit({ kind: 'step-started', function: fn.name, step: 'switch-route' });
  const began = world.clock.now();
  await world.queue.run(fn.name);
  const durationMs = world.clock.now() - began;
  emit({ kind: 'step-done', function: fn.name, step: 'switch-route', durationMs, detail: '' });
  return committed;
}

/** From the commit on every table leads to the candidate, whoever publishes it: a path that it took over has an answer. */
function takeOver(world: World, candidate: Instance, release: Release): void {
  const live = liveOf(world, candidate.function);
  live.failures = noFailures;
  live.waiting = undefined;
  live.starting = undefined;
  live.target = { instance: candidate.id, port: candidate.port };
  // The run itself tells of this.
  live.state = 'running';
  live.reason = '';
  live.since = world.clock.now();
  world.health.watch(candidate, release.spec);
}

function runtimeOf(fn: FunctionSpec): string {
  return fn.source.kind === 'folder' ? fn.source.runtime.name : 'image';
}

function buildImage(
  world: World,
  request: RolloutRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<Prepared> {
  const { project, fn } = request;
  const onLine = (line: string): void => emit({ kind: 'build-log', function: fn.name, line });
  return world.builder.ensure(project, fn, { noCache: false, pull: false }, onLine, signal);
}

function nextRelease(world: World, request: RolloutRequest, prepared: Prepared): Release {
  const { fn } = request;
  const applied = world.store.read();
  const current = applied?.functions[fn.name]?.current;
  return {
    number: (current?.number ?? 0) + 1,
    function: fn.name,
    revision: prepared.revision,
    image: prepared.image,
    spec: fn.container,
    specHash: hashOf(fn.container),
    routes: routesFor(fn.name, request.project.routes, applied),
  };
}

async function commit(
  world: World,
  project: Project,
  release: Release,
  prepared: Prepared,
): Promise<AppliedRelease> {
  let committed: AppliedRelease | undefined;
  await world.store.commit((before) => {
    if (before === undefined) throw new Error('settings are applied before any release');
    // Another function may have taken or left a route since this rollout began.
    const routes = routesFor(release.function, project.routes, before);
    committed = { ...release, routes, appliedAt: world.clock.now(), inputs: prepared.inputs };
    return withRelease(before, committed);
  });
  if (committed === undefined) throw new Error('a commit that resolved has run');
  return committed;
}

async function discard(world: World, candidate: Instance): Promise<void> {
  try {
    await world.engine.stop(candidate.id, CANDIDATE_GRACE_MS);
    await world.engine.remove(candidate.id);
    world.ports.freed(candidate.port);
  } catch {
    // The reconciler finds it: it belongs to no applied release, so the next pass removes it.
  }
}
