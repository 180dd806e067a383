/** Works out what `apply` would do, from files, state and engine as they are. */
import type { Builder, Prepared } from '../build/builder.ts';
import { FaasoError } from '../core/errors.ts';
import { hashOf, revisionOf } from '../core/hash.ts';
import type { FunctionName } from '../core/names.ts';
import type { Project, Route } from '../core/specs.ts';
import type { Instance } from '../core/state.ts';
import type { Plan } from '../core/steps.ts';
import type { Engine } from '../engine/engine.ts';
import { secretMissing } from '../files/secret-store.ts';
import { wantedRoutes } from '../plan/pins.ts';
import { plan } from '../plan/plan.ts';
import type { DesiredFunction } from '../plan/plan.ts';
import { takenDownOf } from '../reconcile/applied.ts';
import type { Store } from '../reconcile/store.ts';
import { knownName } from './function-names.ts';
import type { Loaded } from './load.ts';
import { ownRoots, renamed } from './owner.ts';

/** A plan with what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>;
  readonly instances: readonly Instance[];
  /** Where each function is to be found: as the files say, but for those that a rollback holds. */
  readonly routes: readonly Route[];
}

/** Rejects with `function-unknown`, `project-renamed`, `project-taken` or what the engine says. */
export async function makePlan(
  parts: { readonly engine: Engine; readonly builder: Builder },
  loaded: Loaded,
  names: readonly string[],
  store: Store,
): Promise<Planned> {
  const { project } = loaded;
  const state = store.read();
  if (state !== undefined && state.name !== project.name)
    throw renamed(state, project.name, loaded.files.file);
  const only = names.length === 0 ? undefined : names.map((name) => knownName(project, name));
  const [prepared, found] = await Promise.all([
    parts.builder.prepareAll(project, project.functions),
    parts.engine.instances({ project: project.name }),
  ]);
  const roots = await ownRoots(found, project, 'refuse');
  const instances = found.filter((item) => item.purpose === 'serve' && roots.has(item.project.root));
  const desired = project.functions.map((fn): DesiredFunction => {
    const result = prepared.get(fn.name);
    // A function that cannot be prepared is planned as changed, so that applying it shows why.
    const known = result === undefined || result instanceof FaasoError ? undefined : result;
    return {
      name: fn.name,
      revision: known?.revision ?? revisionOf(`unprepared ${fn.name}`),
      image: known?.image ?? '',
      present: known?.present ?? false,
      inputs: known?.inputs ?? {},
      spec: fn.container,
      specHash: hashOf(fn.container),
      routes: project.routes.filter((route) => route.function === fn.name),
      tests: fn.tests.length,
    };
  });
  const settings =
    state === undefined ? {} : { settings: { applied: state, desired: { ...project, ...loaded.files } } };
  const takenDown = takenDownOf(store, project.name);
  const applied = state?.functions ?? {};
  const routes = wantedRoutes(desired, { ...takenDown, ...applied });
  const input = { desired, applied, takenDown, observed: instances, ...settings };
  return {
    plan: plan(only === undefined ? input : { ...input, only }),
    prepared: withoutSecretless(project, prepared),
    routes,
    instances,
  };
}

/** What lacks a secret is planned like everything else, and fails before anything of it is built or started. */
function withoutSecretless(
  project: Project,
  prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>,
): ReadonlyMap<FunctionName, Prepared | FaasoError> {
  const result = new Map(prepared);
  for (const { name, container } of project.functions) {
    const missing = Object.keys(container.secrets).filter((secret) => container.secrets[secret] === '');
    if (missing.length > 0 && !(result.get(name) instanceof FaasoError))
      result.set(name, secretMissing(missing));
  }
  return result;
}
