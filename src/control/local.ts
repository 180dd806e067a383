/** What a verb does in its own process, without a daemon: it only reads, or makes images. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';

import { workingFolder } from '../core/command.ts';
import { errorData, FaasoError } from '../core/errors.ts';
import type { DiskAnswer, PruneAnswer, PruneFlags } from '../core/disk.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { ProjectStatus } from '../core/state.ts';
import type { EngineInfo } from '../engine/engine.ts';
import { createFaaso, createRouter, isRouterUp } from '../faaso.ts';
import { appliedName, knownName } from '../project/function-names.ts';
import { asApplied } from '../project/load.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { rollbackTarget } from '../reconcile/rollback.ts';
import type { Store } from '../reconcile/store.ts';
import { findAdoption, handOver } from './adopt.ts';
import type {
  Adoption,
  CaddyExport,
  Client,
  DownAnswer,
  Listener,
  PlanAnswer,
  ProjectLocation,
  RunAction,
} from './api.ts';
import { buildFunctions } from './build.ts';
import { lockOutDaemon } from './daemon-lock.ts';
import { projectDisk } from './disk.ts';
import { identityOf, NOTHING, takeDown } from './down.ts';
import { explain } from './explain.ts';
import { invoke } from './invoke.ts';
import { findPaths } from '../files/project-paths.ts';
import { mergeLogs } from './logs.ts';
import { readAccessLog } from './access-log.ts';
import { prune } from './prune.ts';
import { leaveRunFolder } from './run-folder.ts';
import { emitter, newRunId } from './runs.ts';
import { servingInstance } from './serving.ts';
import { projectStatus } from './status.ts';
import { testProject } from './test.ts';
import { withFaaso } from './with-faaso.ts';

export async function planLocally(location: ProjectLocation, names: readonly string[]): Promise<PlanAnswer> {
  return await withFaaso(location, async (faaso) => {
    const [loaded, store] = await Promise.all([faaso.load(location), faaso.store()]);
    const { plan, prepared } = await faaso.plan(loaded, names, store);
    // What stands in the way of a function's image stands in the way of saying what would happen to it.
    const failed = plan.functions.flatMap(({ function: name, action }) => {
      const error = prepared.get(name);
      // A secret that is not set keeps nothing from being told.
      if (!(error instanceof FaasoError) || error.code === 'secret-missing' || action === 'none') return [];
      if (error.kind.blame === 'system') throw error;
      return [{ function: name, error: errorData(error) }];
    });
    const functions = plan.functions.filter(
      (item) => !failed.some((each) => each.function === item.function),
    );
    const changing = functions.filter(({ action }) => action !== 'none').map((item) => item.function);
    const warnings = [...loaded.warnings, ...loaded.unsetSecrets(changing)];
    return { plan: { ...plan, functions }, failed, warnings };
  });
}

export async function buildLocally(
  location: ProjectLocation,
  ...request: Parameters<Client['build']>
): ReturnType<Client['build']> {
  return await withFaaso(location, (faaso) => buildFunctions(faaso, location, ...request));
}

export async function exportLocally(
  location: ProjectLocation,
  name: string,
  folder: string,
): Promise<{ readonly folder: string; readonly command: string }> {
  return await withFaaso(location, async (faaso) => {
    const { project } = await faaso.load(location);
    const known = knownName(project, name);
    const fn = project.functions.find((item) => item.name === known);
    if (fn === undefined)
      throw new FaasoError('function-unknown', `no function is named "${name}"`, {
        hint: 'faaso status lists them',
      });
    const absolute = resolve(folder);
    const { command } = await faaso.builder.exportContext(project, fn, absolute);
    return { folder: absolute, command };
  });
}

export async function exportCaddyLocally(location: ProjectLocation): Promise<CaddyExport> {
  return await withFaaso(location, async (faaso) => {
    const applied = (await faaso.store()).read();
    const found = applied === undefined ? undefined : await faaso.exportCaddy(applied);
    if (found !== undefined) return found;
    throw new FaasoError('function-not-running', 'nothing is served, so no function has an address', {
      hint: 'faaso apply starts the functions and says where they are',
    });
  });
}

export async function logsLocally(
  location: ProjectLocation,
  ...request: Parameters<Client['logs']>
): Promise<void> {
  await withFaaso(location, (faaso) => mergeLogs(faaso, location, ...request));
}

export async function accessLogLocally(
  location: ProjectLocation,
  ...request: Parameters<Client['accessLog']>
): Promise<void> {
  const { paths } = await findPaths(location.file, location.env);
  await readAccessLog(paths, ...request);
}

export async function invokeLocally(
  location: ProjectLocation,
  ...request: Parameters<Client['invoke']>
): ReturnType<Client['invoke']> {
  return await withFaaso(location, (faaso) => invoke(faaso, location, ...request));
}

export async function testLocally(
  location: ProjectLocation,
  ...[names, listener, signal]: Parameters<Client['test']>
): ReturnType<Client['test']> {
  return await withFaaso(location, async (faaso) => {
    const functions = await testProject(faaso, location, names, emitter(newRunId(), listener), signal);
    return { functions, interrupted: signal.aborted };
  });
}

export async function execLocally(
  location: ProjectLocation,
  ...[name, request]: Parameters<Client['exec']>
): ReturnType<Client['exec']> {
  const faaso = await createFaaso(location.file, location.env);
  try {
    const { instance } = await servingInstance(faaso, name, location);
    const session = await faaso.engine.exec(instance.id, request);
    const close = (): void => {
      session.close();
      faaso.close();
    };
    return { ...session, close };
  } catch (error) {
    faaso.close();
    throw error;
  }
}

export async function explainLocally(
  location: ProjectLocation,
  ...[request]: Parameters<Client['explain']>
): ReturnType<Client['explain']> {
  return await withFaaso(location, (faaso) => explain(faaso, location, request));
}

export async function engineInfo(location: ProjectLocation): Promise<EngineInfo> {
  return await withFaaso(location, (faaso) => faaso.engine.info());
}

export async function statusLocally(location: ProjectLocation): Promise<ProjectStatus> {
  return await withFaaso(location, async (faaso) => {
    const store = await faaso.store();
    const reading = asApplied(faaso.root, location, store.read());
    return await projectStatus({ faaso, store, reading, cwd: workingFolder() });
  });
}

export async function adoptionLocally(location: ProjectLocation): Promise<Adoption | null> {
  return await withFaaso(location, async (faaso) => {
    return (await findAdoption(faaso, await faaso.load(location), location)) ?? null;
  });
}

export async function handOverLocally(location: ProjectLocation, adoption: Adoption): Promise<void> {
  await withFaaso(location, async (faaso) => {
    await handOver(faaso, await faaso.load(location), adoption, location);
  });
}

/** Takes the project down under the daemon's lock, so that none can start meanwhile. */
export async function downLocally(
  location: ProjectLocation,
  flags: { readonly images: boolean; readonly volumes: boolean },
  listener: Listener,
): Promise<DownAnswer> {
  return await withFaaso(location, async (faaso) => {
    const store = await faaso.store();
    const identity = await identityOf(faaso, store, location);
    const lock = (await exists(faaso.paths.home)) ? await lockOutDaemon(faaso.paths) : async () => undefined;
    try {
      const forget = async (): Promise<void> => {
        await (flags.images ? store.clear() : store.takeDown());
        await stopRouter(faaso);
      };
      if (identity === undefined) {
        await forget();
        return { ...NOTHING, daemonStopped: false };
      }
      const emit = emitter(newRunId(), listener);
      const removed = await takeDown(faaso, { identity, ...flags, emit, forget });
      return { ...removed, daemonStopped: false };
    } finally {
      await leaveRunFolder(faaso.paths.run);
      await lock();
    }
  });
}

/** Prunes under the daemon's lock, so that nothing is rolled out meanwhile; a dry run needs none. */
export async function pruneLocally(location: ProjectLocation, flags: PruneFlags): Promise<PruneAnswer> {
  return await withFaaso(location, async (faaso) => {
    const isKept = !flags.dryRun && (await exists(faaso.paths.home));
    const lock = isKept ? await lockOutDaemon(faaso.paths) : async () => undefined;
    try {
      const { store, reading, identity } = await ownIdentity(faaso, location);
      return await prune(faaso, { identity, store, reading, flags });
    } finally {
      await lock();
    }
  });
}

/**
 * Whether there is anything that a run could be about, by what is applied. Rejects with what would keep it from
 * beginning.
 */
export async function checkLocally(
  location: ProjectLocation,
  action: Exclude<RunAction, { kind: 'apply' }>,
): Promise<boolean> {
  return await withFaaso(location, async (faaso) => {
    const [store] = await Promise.all([faaso.store(), faaso.engine.info()]);
    const applied = store.read();
    // It may have been lost: the daemon rebuilds it from what runs.
    if (applied === undefined && (await faaso.engine.instances({ root: faaso.root })).length > 0) return true;
    const names = action.kind === 'restart' ? action.names : action.kind === 'rollback' ? [action.name] : [];
    for (const name of names) appliedName(applied, name, store.takenDown());
    const item = action.kind === 'rollback' ? applied?.functions[action.name] : undefined;
    if (action.kind === 'rollback' && item !== undefined) rollbackTarget(item, action.release);
    return Object.keys(applied?.functions ?? {}).length > 0;
  });
}

export async function diskLocally(location: ProjectLocation): Promise<DiskAnswer> {
  return await withFaaso(location, async (faaso) => {
    const { store, reading, identity } = await ownIdentity(faaso, location);
    return await projectDisk(faaso, { identity, store, reading });
  });
}

/** Whose things are looked at. Where nothing says, the files do, and they are what is wrong. */
async function ownIdentity(
  faaso: Faaso,
  location: ProjectLocation,
): Promise<{ readonly store: Store; readonly reading: Reading; readonly identity: ProjectIdentity }> {
  const store = await faaso.store();
  const reading = asApplied(faaso.root, location, store.read());
  const identity = await identityOf(faaso, store, reading);
  return { store, reading, identity: identity ?? (await faaso.load(reading)).project };
}

async function stopRouter({ paths }: Faaso): Promise<void> {
  if (!(await exists(paths.routerSocket)) && !(await isRouterUp(paths))) return;
  await createRouter(paths).close('stop');
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
