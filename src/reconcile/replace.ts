/** Runs over single functions that no files are read for: restart, rollback and the new value of a secret. */
import { FaasoError } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import { canonicalJson, hashOf } from '../core/hash.ts';
import type { FunctionName } from '../core/names.ts';
import type { Applied, AppliedRelease } from '../core/state.ts';
import type { FunctionPlan, Plan } from '../core/steps.ts';
import { fingerprints } from '../files/secret-store.ts';
import { isOfRelease, isUp } from '../plan/plan.ts';
import { knownAs } from '../plan/pins.ts';
import { planNothing, planRestart, planRollback, planRotation } from '../plan/replacements.ts';
import { placeOf } from '../plan/routes.ts';
import { withSecrets } from './applied.ts';
import { deployed, Outcomes } from './outcomes.ts';
import type { RunResult } from './outcomes.ts';
import { imageGone, rolledBack, rollbackTarget, routesElsewhere, routesLeft } from './rollback.ts';
import { rollOut } from './rollout.ts';
import { RolloutFailure, stepsOf } from './step.ts';
import { awaitRunning } from './steps/await-running.ts';
import { ownInstances } from './world.ts';
import type { World } from './world.ts';

/** A run that can begin: what it will do, and how. */
export interface PreparedRun {
  readonly plan: Plan;
  /** What else its owner should know. */
  readonly notices: readonly string[];
  /** Functions fail alone; rejects only when the run as a whole cannot begin. */
  readonly carryOut: (emit: Emit, signal: AbortSignal) => Promise<RunResult>;
}

/** New instances of the named functions as they are applied; of all when none is named. */
export async function prepareRestart(world: World, names: readonly FunctionName[]): Promise<PreparedRun> {
  const observed = await ownInstances(world);
  const wanted = currentReleases(world).filter(
    (release) => names.length === 0 || names.includes(release.function),
  );
  const jobs = wanted.map((release): Job => ({
    plan: planRestart(release, observed),
    work: (emit, signal) => restart(world, release, emit, signal),
  }));
  return runOf(world, jobs);
}

/** An earlier release of one function. Rejects with `release-unknown`, or `image-missing`. */
export async function prepareRollback(
  world: World,
  name: FunctionName,
  number: number | undefined,
): Promise<PreparedRun> {
  const applied = world.store.read();
  const item = applied?.functions[name];
  if (applied === undefined || item === undefined)
    throw new FaasoError('function-unknown', `${name} is not applied`, {
      hint: `faaso apply ${name} starts it`,
    });
  const { current } = item;
  const target = rollbackTarget(item, number);
  if (target === current) {
    const notice = `${name} serves release ${current.number} already`;
    const job: Job = { plan: planNothing(name), work: async () => ({ kind: 'unchanged' }) };
    return runOf(world, [job], [notice]);
  }
  if ((await world.builder.imageOf(target)) === undefined) throw imageGone(target);
  const secrets = await fingerprints(world.secrets, Object.keys(target.spec.secrets));
  const next = (state: Applied): AppliedRelease =>
    rolledBack(state, current, target, secrets, world.clock.now());
  const job: Job = {
    plan: planRollback(current, next(applied), knownAs(target)),
    work: (emit, signal) => replace(world, next(applied), next, emit, signal),
  };
  return runOf(world, [job], routeNotices(applied, target));
}

/** The secret's present value for every applied function that uses it and has another one. */
export async function prepareRotation(world: World, secret: string): Promise<PreparedRun> {
  const using = currentReleases(world).filter((release) => Object.hasOwn(release.spec.secrets, secret));
  const jobs = await Promise.all(
    using.map(async (release): Promise<Job> => {
      const secrets = await fingerprints(world.secrets, Object.keys(release.spec.secrets));
      if (secrets[secret] === release.spec.secrets[secret])
        return { plan: planNothing(release.function), work: async () => ({ kind: 'unchanged' }) };
      return {
        plan: planRotation(release, secret),
        work: (emit, signal) => rotate(world, release, secrets, emit, signal),
      };
    }),
  );
  return runOf(world, jobs);
}

/** What is done to one function. */
interface Job {
  readonly plan: FunctionPlan;
  readonly work: (emit: Emit, signal: AbortSignal) => Promise<Outcome>;
}

function runOf(world: World, jobs: readonly Job[], notices: readonly string[] = []): PreparedRun {
  return {
    plan: { functions: jobs.map((job) => job.plan) },
    notices,
    carryOut: async (emit, signal) => {
      const outcomes = new Outcomes(world, emit, signal);
      await Promise.all(jobs.map((job) => outcomes.finish(job.plan.function, () => job.work(emit, signal))));
      return outcomes.result;
    },
  };
}

/** Without a gap where the function is served; else the reconciler brings it back, at once. */
async function restart(
  world: World,
  release: AppliedRelease,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  const name = release.function;
  const target = world.live.get(name)?.target;
  const isServing = (await ownInstances(world, name)).some(
    (instance) => instance.id === target?.instance && isOfRelease(instance, release) && isUp(instance),
  );
  if (isServing) {
    const secrets = await fingerprints(world.secrets, Object.keys(release.spec.secrets));
    // There are no other values to start it with, as where a rotation failed: an earlier one set again is a change.
    if (
      canonicalJson(secrets) !== canonicalJson(release.spec.secrets) &&
      !Object.values(secrets).includes('')
    )
      return await rotate(world, release, secrets, emit, signal);
    const step = stepsOf(world, name, emit, signal);
    await rollOut(world, { release, isFresh: true }, step, emit, signal);
  } else {
    await awaitRunning(world, release, emit, signal);
  }
  return deployed(release, 0);
}

async function rotate(
  world: World,
  release: AppliedRelease,
  secrets: Readonly<Record<string, string>>,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  const next = (state: Applied): AppliedRelease => ({
    ...withSecrets(release, secrets, world.clock.now()),
    // Another function may have taken a route meanwhile.
    routes: state.functions[release.function]?.current.routes ?? release.routes,
  });
  const content = withSecrets(release, secrets, world.clock.now());
  return await replace(world, content, next, emit, signal);
}

/** What a rollback holds comes back after `faaso down`, under the number that it had. */
export async function bringBackHeld(
  world: World,
  held: AppliedRelease,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  if ((await world.builder.imageOf(held)) === undefined)
    throw new RolloutFailure('start-instance', imageGone(held));
  const secrets = await fingerprints(world.secrets, Object.keys(held.spec.secrets));
  const spec = { ...held.spec, secrets };
  const release = { ...held, spec, specHash: hashOf(spec) };
  const commit = (state: Applied): AppliedRelease => ({
    ...release,
    routes: routesLeft(state, held),
    appliedAt: world.clock.now(),
  });
  return await replace(world, release, commit, emit, signal);
}

async function replace(
  world: World,
  release: AppliedRelease,
  commit: (before: Applied) => AppliedRelease,
  emit: Emit,
  signal: AbortSignal,
): Promise<Outcome> {
  const step = stepsOf(world, release.function, emit, signal);
  await rollOut(world, { release, isFresh: true, commit }, step, emit, signal);
  return deployed(world.store.read()?.functions[release.function]?.current ?? release, 0);
}

/** Sorted by name, as plans are. */
function currentReleases(world: World): readonly AppliedRelease[] {
  return Object.values(world.store.read()?.functions ?? {})
    .map((item) => item.current)
    .sort((a, b) => (a.function < b.function ? -1 : 1));
}

function routeNotices(applied: Applied, target: AppliedRelease): readonly string[] {
  return routesElsewhere(applied, target).map(
    (route) => `${placeOf(route)} stays with ${route.function}, which has it now`,
  );
}
