/** Wires the parts of one project and returns them. Chooses the adapters; never prints. */
import { access, readFile, realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { createBuilder } from './build/builder.ts';
import type { Builder, Prepared } from './build/builder.ts';
import { checkContexts } from './build/check.ts';
import type { ContextProblem } from './build/check.ts';
import { PROJECT_FILE } from './config/find.ts';
import { shownPath } from './config/folders.ts';
import { loadProject } from './config/load.ts';
import { closest } from './config/suggest.ts';
import type { Diagnostic, Place } from './core/diagnostics.ts';
import { FaasoError } from './core/errors.ts';
import { hashOf, revisionOf } from './core/hash.ts';
import type { FunctionName } from './core/names.ts';
import { projectPaths } from './core/paths.ts';
import type { ProjectPaths } from './core/paths.ts';
import type { FunctionSpec, Project, ProjectIdentity, Route } from './core/specs.ts';
import type { Applied, Instance, ProjectFiles } from './core/state.ts';
import type { Plan } from './core/steps.ts';
import { createDockerEngine } from './engine/docker/docker.ts';
import type { Engine, InstanceIdentity } from './engine/engine.ts';
import { findPaths, pathsOfRoot } from './files/project-paths.ts';
import { TEMPLATES } from './files/templates.ts';
import { fingerprints, openSecrets, secretMissing } from './files/secret-store.ts';
import type { SecretStore } from './files/secret-store.ts';
import { wantedRoutes } from './plan/pins.ts';
import { plan } from './plan/plan.ts';
import type { DesiredFunction } from './plan/plan.ts';
import { openStore } from './reconcile/store.ts';
import type { Store } from './reconcile/store.ts';
import { createBuiltinRouter } from './router/builtin/builtin.ts';
import type { Router } from './router/router.ts';

/** What is read: the project's files (absolute paths, the first in its folder), and what `${VAR}` sees. */
export interface Reading {
  readonly file: string;
  readonly overlays: readonly string[];
  readonly env: Environment;
}

/** Valid files, read at one moment. */
export interface Loaded {
  readonly project: Project;
  readonly files: ProjectFiles;
  readonly warnings: readonly Diagnostic[];
  /** Variables that came from the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files and folders to watch. */
  readonly watched: readonly string[];
  /** Where a route is written. */
  readonly placeOf: (route: Route) => Place | undefined;
}

/** A plan with what it was made from. */
interface Planned {
  readonly plan: Plan;
  readonly prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>;
  readonly instances: readonly Instance[];
  /** Where each function is to be found: as the files say, but for those that a rollback holds. */
  readonly routes: readonly Route[];
}

export interface Faaso {
  readonly root: string;
  readonly file: string;
  readonly paths: ProjectPaths;
  readonly engine: Engine;
  readonly builder: Builder;
  readonly secrets: SecretStore;
  /** Reads the applied state anew. */
  store(): Promise<Store>;
  /** Reads the files. Rejects with `config-invalid`; its `watched` says what to watch for the mending. */
  load(reading: Reading): Promise<Loaded>;
  /** What stands in the way of building the project's functions, as far as their files say it: asks no engine. */
  check(project: Project): Promise<readonly ContextProblem[]>;
  /** Works out what `apply` would do. Rejects with `function-unknown`, `project-taken` or what the engine says. */
  plan(loaded: Loaded, names: readonly string[], store: Store): Promise<Planned>;
  /** Roots whose instances are this project's. */
  roots(identity: ProjectIdentity, others: Others): Promise<Set<string>>;
  /** Whether the folder holds a project that may own things on the engine. */
  claims(root: string): Promise<boolean>;
  /** Whether another folder has taken the project over from this one. */
  isHandedOver(): Promise<boolean>;
  /** What is applied in another folder; `undefined`: nothing. Rejects with `state-unreadable`. */
  appliedIn(root: string): Promise<Applied | undefined>;
  close(): void;
}

/**
 * What another folder with a project of the same name means: `project-taken`; or nothing where this one has instances
 * too, so that each can be taken down when both came up at the same moment.
 */
type Others = 'refuse' | 'leave';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Files that are not valid, with what to watch until they are. */
export class InvalidFiles extends FaasoError {
  readonly watched: readonly string[];

  constructor(diagnostics: readonly Diagnostic[], watched: readonly string[]) {
    const errors = diagnostics.filter((item) => item.severity === 'error').length;
    super('config-invalid', errors === 1 ? '1 problem' : `${errors} problems`, { diagnostics });
    this.watched = watched;
  }
}

/** Opens the project whose `functions.yml` is `file`. Nothing is read or connected yet. */
export async function createFaaso(file: string, env: Environment): Promise<Faaso> {
  const { root, paths } = await findPaths(file, env);
  const realFile = join(root, basename(file));
  const engine = createEngine(env);
  const builder = createBuilder({ engine, env, parallel: availableParallelism() });
  const secrets = openSecrets(paths);
  const faaso: Faaso = {
    root,
    file: realFile,
    paths,
    engine,
    builder,
    secrets,
    store: () => openOwnStore(paths, root),
    load: (reading) => load(root, reading, secrets),
    check: checkContexts,
    plan: (loaded, names, store) => makePlan(faaso, loaded, names, store),
    roots: async (identity, others) =>
      ownRoots(await engine.identities({ project: identity.name }), identity, others),
    claims: (other) => claims(other),
    isHandedOver: () => exists(paths.handedOver),
    appliedIn: async (other) => (await openStore(await pathsOfRoot(other, env))).read(),
    close: () => engine.close(),
  };
  return faaso;
}

/** The engine of this host, for what needs no project. Connects at the first call. */
export function createEngine(env: Environment): Engine {
  return createDockerEngine({ env });
}

/** The router of the project with these paths: a new one, or a hold on the data plane that runs already. */
export function createRouter(paths: ProjectPaths): Router {
  return createBuiltinRouter({
    socketPath: paths.routerSocket,
    routesFile: paths.routes,
    logFile: paths.routerLog,
  });
}

async function load(root: string, reading: Reading, secrets: SecretStore): Promise<Loaded> {
  // Where a path leads over links, it is the folder that counts, and the file's own name.
  const overlays = await Promise.all(
    reading.overlays.map(async (path) => {
      const folder = await realpath(dirname(path)).catch(() => dirname(path));
      return join(folder, basename(path));
    }),
  );
  const file = basename(reading.file);
  const result = await loadProject({
    file: join(root, file),
    overlays,
    env: reading.env,
    templates: TEMPLATES,
  });
  if (result.kind === 'invalid') throw new InvalidFiles(result.diagnostics, result.watched);
  const files = {
    ...(file === PROJECT_FILE ? {} : { file }),
    overlays: overlays.map((path) => shownPath(root, path)),
  };
  const functions = await Promise.all(result.project.functions.map((fn) => fingerprinted(fn, secrets)));
  return { ...result, project: { ...result.project, functions }, files };
}

/** What the last apply read, where there was one: its files, and its variables before others. */
export function asApplied(root: string, reading: Reading, applied: Applied | undefined): Reading {
  if (applied === undefined) return reading;
  const { file = PROJECT_FILE, overlays, variables } = applied;
  return {
    file: join(root, file),
    overlays: overlays.map((path) => resolve(root, path)),
    env: { ...reading.env, ...variables },
  };
}

/** The function with what its secrets are now: files name them, and only the store knows their values. */
async function fingerprinted(fn: FunctionSpec, secrets: SecretStore): Promise<FunctionSpec> {
  const prints = await fingerprints(secrets, Object.keys(fn.container.secrets));
  return { ...fn, container: { ...fn.container, secrets: prints } };
}

async function makePlan(
  faaso: Faaso,
  loaded: Loaded,
  names: readonly string[],
  store: Store,
): Promise<Planned> {
  const { project } = loaded;
  const state = store.read();
  if (state !== undefined && state.name !== project.name) throw renamed(state.name, project.name);
  const only = names.length === 0 ? undefined : names.map((name) => knownName(project, name));
  const [prepared, found] = await Promise.all([
    faaso.builder.prepareAll(project, project.functions),
    faaso.engine.instances({ project: project.name }),
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
  const routes = wantedRoutes(desired, state?.functions ?? {});
  const input = { desired, applied: state?.functions ?? {}, observed: instances, ...settings };
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

/** The error for a name that was edited while the old one is applied: its containers would belong to nobody. */
export function renamed(before: string, after: string): FaasoError {
  return new FaasoError(
    'project-renamed',
    `the project's name changed from "${before}" to "${after}" while "${before}" is applied`,
    {
      hint: `put "name: ${before}" back, run "faaso down", then change the name and apply`,
    },
  );
}

/** The function of that name, or `function-unknown`. */
export function knownName(project: Project, name: string): FunctionName {
  const fn = project.functions.find((item) => item.name === name);
  if (fn !== undefined) return fn.name;
  throw unknownName(
    name,
    project.functions.map((item) => item.name),
  );
}

/** `function-unknown`, with what may have been meant of the names that there are. */
export function unknownName(
  name: string,
  names: readonly string[],
  ifNone = 'functions.yml names no function yet',
): FaasoError {
  const meant = closest(name, names);
  return new FaasoError('function-unknown', `no function is named "${name}"`, {
    hint:
      meant !== undefined
        ? `did you mean "${meant}"?`
        : names.length === 0
          ? ifNone
          : `there are ${names.join(', ')}`,
  });
}

/** The applied function of that name, or `function-unknown`. */
export function appliedName(applied: Applied | undefined, name: string): FunctionName {
  const names = Object.values(applied?.functions ?? {}).map((item) => item.current.function);
  const found = names.find((item) => item === name);
  if (found !== undefined) return found;
  throw unknownName(name, [...names].sort(), 'nothing is applied yet: faaso apply');
}

/** The roots among those of the project's instances that are its own: its folder, and folders that are gone. */
async function ownRoots(
  instances: readonly InstanceIdentity[],
  { name, root }: ProjectIdentity,
  others: Others,
): Promise<Set<string>> {
  const roots = new Set([root]);
  const serving = instances.filter(({ purpose }) => purpose === 'serve');
  const seen = new Set(serving.map((instance) => instance.project.root));
  for (const other of seen) {
    if (roots.has(other)) continue;
    if (!(await claims(other))) roots.add(other);
    else if (others === 'refuse' || !seen.has(root)) {
      throw projectTaken(name, other, root);
    }
  }
  const taker = seen.size === 0 ? undefined : await takerOf(root);
  if (taker !== undefined) throw projectTaken(name, taker, root);
  return roots;
}

function projectTaken(name: string, other: string, root: string): FaasoError {
  return new FaasoError('project-taken', `a project named "${name}" runs from ${other} already`, {
    details: [`this one lies in ${root}`],
    hint: `faaso adopt takes it over from there; or take it down (faaso down -C ${other}), or give this one another "name:"`,
  });
}

/** The folder that has taken the project over from this one, where it still is a project. */
async function takerOf(root: string): Promise<string | undefined> {
  const taker = await readFile(projectPaths(root, { uid: 0 }).handedOver, 'utf8').catch(() => '');
  return taker !== '' && (await claims(taker)) ? taker : undefined;
}

/** A state that came along with a copied folder is not this project's; one of a moved folder is. */
async function openOwnStore(paths: ProjectPaths, root: string): Promise<Store> {
  const store = await openStore(paths);
  const applied = store.read();
  if (applied !== undefined && applied.root !== root && (await claims(applied.root))) await store.clear();
  return store;
}

/** A folder with a project: its file, which `-f` may have named otherwise, or what it applied. */
async function claims(root: string): Promise<boolean> {
  const { applied, handedOver } = projectPaths(root, { uid: 0 });
  if (await exists(handedOver)) return false;
  return (await exists(join(root, PROJECT_FILE))) || (await exists(applied));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
