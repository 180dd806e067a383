/** Wires the parts of one project and returns them. Chooses the adapters; never prints. */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createBuilder } from './build/builder.ts';
import type { Builder } from './build/builder.ts';
import { checkContexts } from './build/check.ts';
import type { ContextProblem } from './build/check.ts';
import type { ProjectPaths } from './core/paths.ts';
import type { Project, ProjectIdentity, RouterSettings } from './core/specs.ts';
import type { Applied } from './core/state.ts';
import { createDockerEngine } from './engine/docker/docker.ts';
import type { Engine } from './engine/engine.ts';
import { isListening } from './files/listening.ts';
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
import { openIfRunning } from './router/builtin/adapter/connect.ts';
import { createRouterByKind } from './router/by-kind.ts';
import { checkCaddy } from './router/caddy/binary.ts';
import { exportCaddy } from './router/caddy/export.ts';
import type { CaddyExport } from './router/caddy/export.ts';
import { caddyFacts } from './router/caddy/facts.ts';
import type { CaddyFacts } from './router/caddy/facts.ts';
import { createCaddyRouter } from './router/caddy/caddy.ts';
import { checkExternal, hasRoutes } from './router/caddy/external.ts';
import type { CaddyRouterOptions } from './router/caddy/options.ts';
import { notedPid } from './router/caddy/pid.ts';
import { keepProgram, programOf } from './router/caddy/program.ts';
import { assertFree, listenKey } from './router/port-owner.ts';
import type { Router } from './router/router.ts';
import { lastSettings, readRoutesFile } from './router/routes-file.ts';

export type { CaddyFacts } from './router/caddy/facts.ts';

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
  /** What is served, for a Caddy without faaso; `undefined`: nothing is known to be since this machine started. */
  exportCaddy(identity: Pick<ProjectIdentity, 'name'>): Promise<CaddyExport | undefined>;
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
    exportCaddy: async ({ name }) => {
      const served = await readRoutesFile(paths.routes);
      return served === undefined ? undefined : exportCaddy(name, served);
    },
    close: () => engine.close(),
  };
}

/** The engine of this host, for what needs no project. Connects at the first call. */
export function createEngine(env: Environment): Engine {
  return createDockerEngine({ env });
}

/** The router of the project with these paths: a new one, or a hold on what carries its traffic already. */
export function createRouter(paths: ProjectPaths): Router {
  const { routes, routerLog, routerSocket } = paths;
  return createRouterByKind({
    create: (kind) =>
      kind === 'caddy'
        ? createCaddyRouter(caddyOptions(paths))
        : createBuiltinRouter({
            socketPath: routerSocket,
            routesFile: routes,
            logFile: routerLog,
            accessLogFile: paths.accessLog,
          }),
    last: () => lastSettings(routes),
    isUp: () => isRouterUp(paths),
    check: async (settings, last) => {
      // What another folder's router was is this one's now: the address is its own.
      const isTaken = last === undefined && (await isListening(routerSocket));
      await checkRouter(paths, settings, isTaken ? settings : last);
    },
  });
}

/** Whether something carries the project's traffic, with a daemon or without. */
export async function isRouterUp(paths: ProjectPaths): Promise<boolean> {
  const settings = await lastSettings(paths.routes);
  if (settings?.admin === undefined) return await isListening(paths.routerSocket);
  return await hasRoutes(settings.admin, caddyId(paths));
}

/**
 * The process that carries the project's traffic, where faaso started it. It may still name the folder that the project
 * was moved away from.
 */
export async function routerPid({ caddyRun, routerSocket }: ProjectPaths): Promise<number | undefined> {
  const caddy = await notedPid(caddyRun);
  if (caddy !== undefined) return caddy;
  const dataPlane = await openIfRunning(routerSocket).catch(() => undefined);
  dataPlane?.close();
  return dataPlane?.hello.pid;
}

/** What there is of the Caddy that faaso starts for the project with these paths. */
export async function caddyOf(paths: ProjectPaths, env: Environment): Promise<CaddyFacts> {
  return await caddyFacts(caddyOptions(paths), env['PATH']);
}

/** Keeps where `env` finds Caddy, where `settings` have faaso start one. */
export async function keepCaddy(
  paths: ProjectPaths,
  { kind, admin }: RouterSettings,
  env: Environment,
): Promise<void> {
  if (kind === 'caddy' && admin === undefined) await keepProgram(caddyOptions(paths), env['PATH']);
}

async function checkRouter(
  paths: ProjectPaths,
  { kind, admin, host, port, https }: RouterSettings,
  last: RouterSettings | undefined,
): Promise<void> {
  if (kind === 'caddy')
    await (admin === undefined ? checkCaddy(await programOf(caddyOptions(paths))) : checkExternal(admin));
  for (const address of [{ host, port }, ...(https === undefined ? [] : [https])])
    if (address.port !== last?.port && address.port !== last?.https?.port)
      await assertFree(address.host, address.port, listenKey({ https }, address.port));
}

function caddyOptions(paths: ProjectPaths): CaddyRouterOptions {
  return {
    adminSocket: paths.routerSocket,
    folder: paths.caddyRun,
    sharedUpstreams: paths.sharedUpstreams,
    routesFile: paths.routes,
    configFile: paths.caddyConfig,
    programFile: paths.caddyProgram,
    storage: paths.caddyStorage,
    bootstrap: fileURLToPath(new URL('../caddy/bootstrap.json', import.meta.url)),
    logFile: paths.routerLog,
    id: caddyId(paths),
  };
}

function caddyId(paths: ProjectPaths): string {
  return `faaso-${basename(paths.run)}`;
}
