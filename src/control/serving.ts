/** Finding the instance that a function is served from, without a daemon, a router or a route. */
import { FaasoError } from '../core/errors.ts';
import type { AppliedRelease, Instance, ProjectStatus } from '../core/state.ts';
import { knownName, unknownName } from '../project/function-names.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { lockOwner } from '../files/lock.ts';
import { explainStatus } from '../reconcile/failure.ts';
import { canAnswer, instanceOf } from '../reconcile/serving.ts';
import { ask } from './http.ts';

/** What a function is served from. */
export interface Serving {
  readonly release: AppliedRelease;
  readonly instance: Instance;
}

/** The daemon says more of why a function is down; nobody waits long for that. */
const REASON_MS = 2000;

/**
 * The instance of the function's applied release. Rejects with `function-unknown`, or with `function-not-running` and
 * the reason.
 */
export async function servingInstance(faaso: Faaso, name: string, reading: Reading): Promise<Serving> {
  const release = await appliedRelease(faaso, name, reading);
  const instance = await findInstance(faaso, release);
  if (instance !== undefined && canAnswer(instance)) return { release, instance };
  throw await notRunning(faaso, release, instance);
}

/** The instance that belongs to an applied release, in whatever state. */
export async function findInstance(faaso: Faaso, release: AppliedRelease): Promise<Instance | undefined> {
  const applied = (await faaso.store()).read();
  const identity = { name: applied?.name ?? '', root: faaso.root };
  const [roots, found] = await Promise.all([
    faaso.roots(identity, 'leave'),
    faaso.engine.instances({ project: identity.name, function: release.function }),
  ]);
  return instanceOf(
    found.filter(({ project }) => roots.has(project.root)),
    release,
  );
}

async function appliedRelease(faaso: Faaso, name: string, reading: Reading): Promise<AppliedRelease> {
  const functions = (await faaso.store()).read()?.functions ?? {};
  const applied = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (applied !== undefined) return applied.current;
  const { project } = await faaso.load(reading).catch((error: unknown) => {
    throw Object.keys(functions).length === 0 ? error : unknownName(name, Object.keys(functions));
  });
  throw new FaasoError('function-not-running', `${knownName(project, name)} is not applied yet`, {
    hint: `faaso apply ${name} brings it up`,
  });
}

async function notRunning(
  faaso: Faaso,
  release: AppliedRelease,
  instance: Instance | undefined,
): Promise<FaasoError> {
  const name = release.function;
  const owner = await lockOwner(faaso.paths.lock);
  const status =
    owner === undefined
      ? undefined
      : await ask<ProjectStatus>(owner.socket, 'GET', '/v1/status', REASON_MS).catch(() => undefined);
  const row = status?.functions.find((item) => item.name === name);
  const why =
    row === undefined || row.reason === '' ? explainStatus(instance) : `${row.state}: ${row.reason}`;
  const log = instance === undefined ? 'faaso status says more' : `its log: faaso logs ${name}`;
  return new FaasoError('function-not-running', `${name} does not run: ${why}`, {
    hint:
      owner === undefined
        ? `no daemon runs, so nothing brings it back; faaso apply ${name} does; ${log}`
        : log,
  });
}
