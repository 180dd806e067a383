/** Pure changes of the applied state. */
import { METHODS } from 'node:http';

import { canonicalJson, contentKey, desiredKey, hashOf } from '../core/hash.ts';
import type { FunctionName } from '../core/names.ts';
import { recordOf } from '../core/record.ts';
import type { Project, Route } from '../core/specs.ts';
import type { Reason } from '../core/steps.ts';
import type {
  Applied,
  AppliedFunction,
  AppliedRelease,
  Instance,
  ProjectFiles,
  Release,
} from '../core/state.ts';
import { changesOf } from './history.ts';
import type { Store } from './store.ts';

/** How many images or container specs are kept for rollback, the current one among them. */
const CONTENTS = 3;
/** How many releases of each are kept that differ in routes alone: a limit that is tuned must not push code out. */
const ROUTINGS = 3;

/** What `apply` accepts besides functions: where to listen, which ports, which variables, from which files. */
export function withSettings(
  before: Applied | undefined,
  project: Project,
  variables: Readonly<Record<string, string>>,
  files: ProjectFiles,
  takenDown = before?.takenDown,
): Applied {
  const named = new Set<string>(project.functions.map((fn) => fn.name));
  const waiting = Object.entries(takenDown ?? {}).filter(([name]) => named.has(name));
  return {
    format: 1,
    name: project.name,
    root: project.root,
    generation: (before?.generation ?? 0) + 1,
    ports: project.ports,
    router: project.router,
    variables,
    ...files,
    ...(project.onFailure === undefined ? {} : { onFailure: project.onFailure }),
    functions: before?.functions ?? recordOf([]),
    ...(waiting.length === 0 ? {} : { takenDown: recordOf(waiting) }),
  };
}

/** What the function was before `faaso down`, where it was not applied since. */
export function takenDownOf(
  store: Pick<Store, 'takenDown'>,
  project: string,
): Readonly<Record<string, AppliedFunction>> {
  const aside = store.takenDown();
  return aside?.name === project ? aside.functions : recordOf([]);
}

/**
 * Makes `release` the current one of its function. Routes that it takes over leave the functions that had them. What
 * is kept differs in content: a release that came back, or only has a new value of a secret, is not kept twice.
 */
export function withRelease(before: Applied, release: AppliedRelease): Applied {
  const functions = recordOf(
    Object.entries(before.functions).map(([name, item]) => [name, withoutRoutes(item, release.routes)]),
  );
  const { takenDown, ...state } = before;
  const previous = before.functions[release.function] ?? takenDown?.[release.function];
  const waiting = Object.entries(takenDown ?? {}).filter(([name]) => name !== release.function);
  const earlier = previous === undefined ? [] : [previous.current, ...previous.earlier];
  const changes: readonly Reason[] =
    previous === undefined ? [{ kind: 'new' }] : changesOf(release, previous.current);
  const current = { ...release, changes };
  functions[release.function] = { current, earlier: keptBefore(release, earlier) };
  return {
    ...state,
    generation: before.generation + 1,
    functions,
    ...(waiting.length === 0 ? {} : { takenDown: recordOf(waiting) }),
  };
}

/** The release with other values of its secrets, as the next one of its function. */
export function withSecrets(
  release: AppliedRelease,
  secrets: Readonly<Record<string, string>>,
  now: number,
): AppliedRelease {
  const spec = { ...release.spec, secrets };
  return { ...release, number: release.number + 1, spec, specHash: hashOf(spec), appliedAt: now };
}

/** What is kept besides `current` of the releases before it, newest first. */
function keptBefore(current: AppliedRelease, earlier: readonly AppliedRelease[]): AppliedRelease[] {
  const seen = new Set([desiredKey(current)]);
  const routings = new Map([[contentKey(current), 1]]);
  return earlier.filter((release) => {
    const [key, content] = [desiredKey(release), contentKey(release)];
    const count = routings.get(content) ?? 0;
    if (seen.has(key) || count === ROUTINGS || (count === 0 && routings.size === CONTENTS)) return false;
    seen.add(key);
    routings.set(content, count + 1);
    return true;
  });
}

/** Forgets a function. */
export function withoutFunction(before: Applied, name: FunctionName): Applied {
  const functions = recordOf(Object.entries(before.functions).filter(([key]) => key !== name));
  return { ...before, generation: before.generation + 1, functions };
}

/**
 * The applied functions as the labels of containers tell them, for when the file was lost. Of several instances of a
 * function a running one is taken before a stopped one, and then the oldest: a younger one may be a candidate that
 * was never committed. A path that two labels claim is that of the younger: it moved there.
 */
export function functionsFromLabels(instances: readonly Instance[]): Record<string, AppliedFunction> {
  const chosen = new Map<FunctionName, AppliedRelease>();
  const preferred = [...instances].sort(
    (a, b) => Number(isStopped(a)) - Number(isStopped(b)) || a.createdAt - b.createdAt,
  );
  for (const { release, createdAt } of preferred) {
    if (release === undefined || chosen.has(release.function)) continue;
    chosen.set(release.function, { ...release, appliedAt: createdAt, inputs: {} });
  }
  let functions = recordOf<AppliedFunction>([]);
  for (const release of [...chosen.values()].sort((a, b) => a.appliedAt - b.appliedAt)) {
    const others = Object.entries(functions).map(
      ([name, item]) => [name, withoutRoutes(item, release.routes)] as const,
    );
    functions = recordOf([...others, [release.function, { current: release, earlier: [] }]]);
  }
  return functions;
}

/**
 * The routes that a function may have now: those it asks for, and those it must hold until the function that asks
 * for them has a release which serves them. So a path that moves is never without an answer.
 */
export function routesFor(
  name: FunctionName,
  desired: readonly Route[],
  applied: Applied | undefined,
): readonly Route[] {
  const mine = desired.filter((route) => route.function === name);
  const waiting = desired
    .filter((route) => route.function !== name)
    .flatMap((route) => without(route, applied?.functions[route.function]?.current.routes ?? []));
  const held = (applied?.functions[name]?.current.routes ?? [])
    .flatMap((route) => without(route, mine))
    .flatMap((route) => narrowed(route, (method) => isWantedBy(waiting, route, method)));
  return held.length === 0 ? mine : [...mine, ...held];
}

/** The routes that a release is committed with, and what the files asked for where that is not just this. */
export function acceptedRoutes(
  release: Release,
  desired: readonly Route[],
  applied: Applied | undefined,
): Pick<AppliedRelease, 'routes' | 'asked'> {
  const routes = routesFor(release.function, desired, applied);
  const mine = desired.filter((route) => route.function === release.function);
  const asked = desiredKey({ ...release, routes: mine });
  return desiredKey({ ...release, routes }) === asked ? { routes } : { routes, asked };
}

/** Methods that a route without `methods` stands for. The two left out are never routed. */
const ALL_METHODS = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE').sort();

/** The route without the requests that `others` take from it; empty when nothing is left. */
export function without(route: Route, others: readonly Route[]): Route[] {
  return narrowed(route, (method) => !isWantedBy(others, route, method));
}

function isWantedBy(routes: readonly Route[], at: Route, method: string): boolean {
  return routes.some(
    (route) =>
      route.host === at.host &&
      route.path === at.path &&
      (route.methods === undefined || route.methods.includes(method)),
  );
}

function narrowed(route: Route, keeps: (method: string) => boolean): Route[] {
  const methods = route.methods ?? ALL_METHODS;
  const kept = methods.filter(keeps);
  if (kept.length === 0) return [];
  return kept.length === methods.length ? [route] : [{ ...route, methods: kept }];
}

function withoutRoutes(item: AppliedFunction, taken: readonly Route[]): AppliedFunction {
  const { routes } = item.current;
  const left = routes.flatMap((route) => without(route, taken));
  return canonicalJson(left) === canonicalJson(routes)
    ? item
    : { ...item, current: { ...item.current, routes: left } };
}

function isStopped({ status }: Instance): boolean {
  return status.kind !== 'running' && status.kind !== 'paused';
}
