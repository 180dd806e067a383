/** Takes one function from what the files say to a committed release that carries its routes. */
import type { Prepared } from '../build/builder.ts';
import type { Emit } from '../core/events.ts';
import { canonicalJson, hashOf } from '../core/hash.ts';
import { short } from '../core/names.ts';
import type { FunctionSpec, Project, Route } from '../core/specs.ts';
import type { AppliedRelease, Release } from '../core/state.ts';
import { isOfRelease } from '../plan/plan.ts';
import { acceptedRoutes, routesFor } from './applied.ts';
import { rollOut } from './rollout.ts';
import type { Step } from './step.ts';
import { stepsOf } from './step.ts';
import { runTests } from './steps/run-tests.ts';
import type { World } from './world.ts';

export interface DeployRequest {
  readonly project: Project;
  /** Where each function is to be found. */
  readonly routes: readonly Route[];
  readonly fn: FunctionSpec;
  readonly prepared: Prepared;
}

/** Builds where that is needed, and rolls out; rejects as {@link rollOut}. Returns the committed release. */
export async function deploy(
  world: World,
  request: DeployRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<AppliedRelease> {
  const { fn } = request;
  const step = stepsOf(world, fn.name, emit, signal);
  const prepared = await built(world, request, step, emit, signal);
  const release = nextRelease(world, request, prepared);
  let committed: AppliedRelease | undefined;
  await rollOut(
    world,
    {
      release,
      // The files may have gone back to what is applied since they were planned: then only routes are left to change.
      isFresh: false,
      tests: { count: fn.tests.length, run: (candidate) => runTests(world.engine, fn, candidate, signal) },
      commit: (before) => {
        // Another function may have taken or left a route since this rollout began.
        const asked = acceptedRoutes(release, request.routes, before);
        committed = { ...release, ...asked, appliedAt: world.clock.now(), inputs: prepared.inputs };
        return committed;
      },
    },
    step,
    emit,
    signal,
  );
  if (committed === undefined) throw new Error('a commit that resolved has run');
  return committed;
}

async function built(
  world: World,
  { project, fn, prepared }: DeployRequest,
  step: Step,
  emit: Emit,
  signal: AbortSignal,
): Promise<Prepared> {
  if (prepared.present) return prepared;
  const runtime = fn.source.kind === 'folder' ? fn.source.runtime.name : 'image';
  const onLine = (line: string): void => emit({ kind: 'build-log', function: fn.name, line });
  const flags = { noCache: false, pull: false };
  return await step(
    'build-image',
    () => world.builder.ensure(project, fn, flags, onLine, signal),
    (result) => `${short(result.revision)} (${runtime})`,
  );
}

function nextRelease(world: World, { fn, routes }: DeployRequest, prepared: Prepared): Release {
  const applied = world.store.read();
  const specHash = hashOf(fn.container);
  const before = applied?.takenDown?.[fn.name]?.current;
  const current = applied?.functions[fn.name]?.current ?? before;
  // What was taken down and comes back as it was is no other release.
  const mine = routesFor(fn.name, routes, applied);
  const isSame =
    before !== undefined &&
    isOfRelease(before, { revision: prepared.revision, specHash }) &&
    canonicalJson(before.routes) === canonicalJson(mine);
  return {
    number: (current?.number ?? 0) + (isSame ? 0 : 1),
    function: fn.name,
    revision: prepared.revision,
    image: prepared.image,
    ...(prepared.imageId === undefined ? {} : { imageId: prepared.imageId }),
    spec: fn.container,
    specHash,
    routes: mine,
  };
}
