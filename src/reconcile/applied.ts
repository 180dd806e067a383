/** Pure changes of the applied state. */
import type { FunctionName } from '../core/names.ts';
import type { Project, Route } from '../core/specs.ts';
import type { Applied, AppliedFunction, AppliedRelease, Instance } from '../core/state.ts';

/** How many releases before the current one are kept for rollback. */
const EARLIER = 2;

/** What `apply` accepts besides functions: where to listen, which ports, which variables. */
export function withSettings(
  before: Applied | undefined,
  project: Project,
  variables: Readonly<Record<string, string>>,
): Applied {
  return {
    format: 1,
    name: project.name,
    root: project.root,
    generation: (before?.generation ?? 0) + 1,
    ports: project.ports,
    router: project.router,
    variables,
    functions: before?.functions ?? {},
  };
}

/** Makes `release` the current one of its function. Routes that it takes over leave the functions that had them. */
export function withRelease(before: Applied, release: AppliedRelease): Applied {
  const functions: Record<string, AppliedFunction> = {};
  for (const [name, item] of Object.entries(before.functions)) {
    functions[name] = name === release.function ? item : withoutRoutes(item, release.routes);
  }
  const previous = before.functions[release.function];
  const earlier = previous === undefined ? [] : [previous.current, ...previous.earlier].slice(0, EARLIER);
  functions[release.function] = { current: release, earlier };
  return { ...before, generation: before.generation + 1, functions };
}

/** Forgets a function. */
export function withoutFunction(before: Applied, name: FunctionName): Applied {
  const functions = Object.fromEntries(Object.entries(before.functions).filter(([key]) => key !== name));
  return { ...before, generation: before.generation + 1, functions };
}

/** Whether two routes want the same requests: same host, same path, and a method in common. */
export function collide(a: Route, b: Route): boolean {
  if (a.host !== b.host || a.path !== b.path) return false;
  if (a.methods === undefined || b.methods === undefined) return true;
  return a.methods.some((method) => b.methods?.includes(method));
}

/**
 * The applied functions as the labels of running containers tell them, for when the file was lost. Of two
 * instances of a function the older is taken: the younger may be a candidate that was never committed.
 */
export function functionsFromLabels(instances: readonly Instance[]): Record<string, AppliedFunction> {
  const functions: Record<string, AppliedFunction> = {};
  const oldestFirst = [...instances].sort((a, b) => a.createdAt - b.createdAt);
  for (const { release, createdAt, status } of oldestFirst) {
    if (release === undefined || status.kind !== 'running') continue;
    functions[release.function] ??= {
      current: { ...release, appliedAt: createdAt, inputs: {} },
      earlier: [],
    };
  }
  return functions;
}

function withoutRoutes(item: AppliedFunction, taken: readonly Route[]): AppliedFunction {
  const routes = item.current.routes.filter((route) => !taken.some((other) => collide(route, other)));
  return routes.length === item.current.routes.length
    ? item
    : { ...item, current: { ...item.current, routes } };
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
  const current = applied?.functions[name]?.current.routes ?? [];
  const held = current.filter(
    (route) =>
      !mine.some((other) => collide(route, other)) &&
      desired.some((other) => collide(route, other) && other.function !== name && !serves(applied, other)),
  );
  return held.length === 0 ? mine : [...mine, ...held];
}

function serves(applied: Applied | undefined, route: Route): boolean {
  return applied?.functions[route.function]?.current.routes.some((other) => collide(route, other)) ?? false;
}
