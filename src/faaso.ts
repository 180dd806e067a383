/** Wires the parts of one project and returns them. Chooses the adapters; never prints. */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';

import { createBuilder } from './build/builder.ts';
import type { Builder } from './build/builder.ts';
import { checkContexts } from './build/check.ts';
import type { ContextProblem } from './build/check.ts';
import type { ProjectPaths } from './core/paths.ts';
import type { Project, ProjectIdentity } from './core/specs.ts';
import type { Applied } from './core/state.ts';
import { createDockerEngine } from './engine/docker/docker.ts';
import type { Engine } from './engine/engine.ts';
import { findPaths, pathsOfRoot } from './files/project-paths.ts';
import { openSecrets } from './files/secret-store.ts';
import type { SecretStore } from './files/secret-store.ts';
import { load } from './project/load.ts';
import type { Environment, Loaded, Reading } from './project/load.ts';
import { makePlan } from './project/make-plan.ts';
import type { Planned } from './project/make-plan.ts';
import { claims, isHandedOver, openOwnStore, ownRoots } from './project/owner.ts';
import type { Others } from './project/owner.ts';
import { openStore } from './reconcile/store.ts';
import type { Store } from './reconcile/store.ts';
import { createBuiltinRouter } from './router/builtin/builtin.ts';
import type { Router } from './router/router.ts';

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

/** Opens the project whose `functions.yml` is `file`. Nothing is read or connected yet. */
export async function createFaaso(file: string, env: Environment): Promise<Faaso> {
  const { root, paths } = await findPaths(file, env);
  const realFile = join(root, basename(file));
  const engine = createEngine(env);
  const builder = createBuilder({ engine, env, parallel: availableParallelism() });
  const secrets = openSecrets(paths);
  return {
    root,
    file: realFile,
    paths,
    engine,
    builder,
    secrets,
    store: () => openOwnStore(paths, root),
    load: (reading) => load(root, reading, secrets),
    check: checkContexts,
    plan: (loaded, names, store) => makePlan({ engine, builder }, loaded, names, store),
    roots: async (identity, others) =>
      ownRoots(await engine.identities({ project: identity.name }), identity, others),
    claims: (other) => claims(other),
    isHandedOver: () => isHandedOver(paths),
    appliedIn: async (other) => (await openStore(await pathsOfRoot(other, env))).read(),
    close: () => engine.close(),
  };
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
    accessLogFile: paths.accessLog,
  });
}
