import { faasoCommand } from '../core/command.ts';
import { inOneLine } from '../core/diagnostics.ts';
import { toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { Project } from '../core/specs.ts';
import type { ProjectPaths } from '../core/paths.ts';
import type { Applied, Instance, ProjectStatus } from '../core/state.ts';
import type { Plan } from '../core/steps.ts';
import { isRouterUp } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { lockOwner } from '../files/lock.ts';
import { pathsOfRoot } from '../files/project-paths.ts';
import { functionsFromLabels, takenDownOf } from '../reconcile/applied.ts';
import { functionRows } from '../reconcile/status.ts';
import type { Store } from '../reconcile/store.ts';
import type { Live } from '../reconcile/live.ts';
import type { RouterStatus } from '../router/router.ts';
import { failedApplies } from './last-apply.ts';

export interface StatusParts {
  readonly faaso: Faaso;
  readonly store: Store;
  readonly reading: Reading;
  /** Where what is to be typed next is typed. */
  readonly cwd: string;
  /** Absent without a daemon, as is `live`. */
  readonly router?: RouterStatus;
  readonly live?: ReadonlyMap<FunctionName, Live>;
}

/** The whole answer to `faaso status`. An engine or files that fail are problems in the answer, not errors. */
export async function projectStatus(parts: StatusParts): Promise<ProjectStatus> {
  const { faaso, store, live } = parts;
  const problems: string[] = [];
  const files = [parts.reading.file, ...parts.reading.overlays];
  const command = (...args: readonly string[]): string =>
    faasoCommand({ root: faaso.root, files }, parts.cwd, ...args);
  const note = (error: unknown): undefined => {
    problems.push(...inWords(toFaasoError(error), command('validate')));
    return undefined;
  };
  const applied = store.read();
  const loaded = await faaso.load(parts.reading).catch(note);
  let project: Project | undefined;
  let plan: Plan | undefined;
  let instances: readonly Instance[] | undefined;
  let engine: ProjectStatus['engine'];
  try {
    const info = await faaso.engine.info();
    engine = { state: 'connected', detail: info.name };
    if (loaded !== undefined) {
      const planned = await faaso.plan(loaded, [], store);
      ({ project } = loaded);
      ({ plan, instances } = planned);
    } else {
      const selector = applied === undefined ? { root: faaso.root } : { project: applied.name };
      instances = (await faaso.engine.instances(selector)).filter((item) => item.purpose === 'serve');
    }
  } catch (error) {
    note(error);
    engine = { state: 'unreachable', detail: toFaasoError(error).message };
  }
  // The labels say what the state said; the next apply makes it anew from them.
  const lost = applied === undefined ? functionsFromLabels(instances ?? []) : {};
  const isLost = Object.keys(lost).length > 0;
  if (isLost)
    problems.push(
      `what was applied is lost, and functions run on: "${command('apply')}" makes it anew from them`,
    );
  if (applied !== undefined && applied.root !== faaso.root)
    problems.push(`the folder was at ${applied.root}: "${command('apply')}" takes over what runs from there`);
  const owner = await lockOwner(faaso.paths.lock);
  const settings = applied?.router ?? loaded?.project.router;
  return {
    project: applied?.name ?? loaded?.project.name ?? '',
    root: faaso.root,
    files,
    control: {
      state: owner === undefined ? 'stopped' : 'running',
      socket: owner?.socket ?? faaso.paths.controlSocket,
      pid: owner?.pid ?? null,
      since: parts.live === undefined ? null : new Date(performance.timeOrigin).toISOString(),
    },
    router: {
      kind: settings?.kind ?? 'builtin',
      listen:
        parts.router?.kind === 'serving'
          ? parts.router.url
          : settings === undefined
            ? ''
            : `${settings.host}:${settings.port}`,
      https: settings?.https === undefined ? null : `${settings.https.host}:${settings.https.port}`,
      state:
        parts.router === undefined
          ? (await isRouterUp(await routerPaths(faaso, applied, parts.reading)))
            ? 'serving'
            : 'down: not running'
          : parts.router.kind === 'serving'
            ? parts.router.outOfDate === undefined
              ? 'serving'
              : `out of date: ${parts.router.outOfDate}`
            : `down: ${downReason(parts.router)}`,
      hint: parts.router?.kind === 'down' ? (parts.router.hint ?? null) : null,
    },
    engine,
    functions: functionRows({
      applied: isLost ? { functions: lost } : applied,
      takenDown: takenDownOf(store, applied?.name ?? loaded?.project.name ?? ''),
      instances,
      failed: await failedApplies(faaso.paths),
      now: Date.now(),
      ...(live === undefined ? {} : { live }),
      ...(project === undefined ? {} : { project }),
      // Without what was applied everything would be new.
      ...(plan === undefined || isLost ? {} : { plan }),
    }),
    changed: isLost ? [] : (plan?.settings ?? []).map(({ key }) => key),
    problems,
  };
}

function downReason({ reason, retryAt }: Extract<RouterStatus, { kind: 'down' }>): string {
  const wait = Math.ceil(((retryAt ?? 0) - Date.now()) / 1000);
  return wait > 0 ? `${reason}; next try in ${wait} s` : reason;
}

/** Of a folder that was moved and not applied since, the router is still where it was started. */
async function routerPaths(
  { root, paths }: Faaso,
  applied: Applied | undefined,
  { env }: Reading,
): Promise<ProjectPaths> {
  if (applied === undefined || applied.root === root) return paths;
  return { ...(await pathsOfRoot(applied.root, env)), routes: paths.routes };
}

/** The first of several problems of files, and how many are left. */
function inWords({ message, diagnostics }: FaasoError, validate: string): readonly string[] {
  const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error');
  if (first === undefined) return [message];
  const more = others.length === 0 ? [] : [`${others.length} more in the files: ${validate}`];
  return [inOneLine(first), ...more];
}
