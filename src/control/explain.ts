/** What the router does with a request, by what is applied; what cannot be asked is said. */
import { toFaasoError } from '../core/errors.ts';
import type { ExplainRequest, ExplainedFunction, Explanation, ProbeReport } from '../core/explanation.ts';
import { short } from '../core/names.ts';
import type { Route, RouterSettings } from '../core/specs.ts';
import type { AppliedRelease, ProjectStatus } from '../core/state.ts';
import { asApplied } from '../project/load.ts';
import { isRouterUp } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { lockOwner } from '../files/lock.ts';
import { explainStatus } from '../reconcile/failure.ts';
import { canAnswer } from '../reconcile/serving.ts';
import { byScheme } from './by-scheme.ts';
import { dotSegments } from './dot-segments.ts';
import { explainedRoute, explainRoute, nameOf, protectionOf, upstreamOf } from './explain-route.ts';
import type { RouteVerdict } from './explain-route.ts';
import { ask } from './http.ts';
import { findInstance } from './serving.ts';

const ANSWER_MS = 5000;
const NO_ROUTE = { route: undefined, before: [], nearest: [] } as const;

export async function explain(
  faaso: Faaso,
  location: Reading,
  request: ExplainRequest,
): Promise<Explanation> {
  const notes: string[] = [];
  const applied = (await faaso.store()).read();
  const loaded = await faaso.load(asApplied(faaso.root, location, applied)).catch((error: unknown) => {
    const { message } = toFaasoError(error);
    notes.push(`the files on disk are not valid now (${message}): faaso plan shows why`);
    return undefined;
  });
  const owner = await lockOwner(faaso.paths.lock);
  const status =
    owner === undefined
      ? undefined
      : await ask<ProjectStatus>(owner.socket, 'GET', '/v1/status', ANSWER_MS).catch(() => undefined);
  const settings = applied?.router ?? loaded?.project.router;
  const listen = authorityOf(status, settings);
  const authority = request.authority ?? listen ?? 'localhost';
  const asked = { authority, target: request.target, method: request.method };
  const functions = Object.values(applied?.functions ?? {});
  const routes = functions.flatMap(({ current }) => current.routes);
  const reached = byScheme(request, listen, settings?.https, routes);
  const found = explainRoute(routes, asked);
  // A path that nobody takes is refused before anybody is led elsewhere.
  const verdict =
    reached.answer === null || (reached.answer.status === 308 && found.answer?.status === 400)
      ? found
      : { ...found, ...NO_ROUTE, answer: reached.answer };
  const then = loaded === undefined ? undefined : explainRoute(loaded.project.routes, asked);
  const unapplied =
    loaded === undefined || then === undefined || reached.answer !== null
      ? []
      : differing(verdict, then, loaded);
  notes.unshift(
    ...(applied === undefined ? ['nothing is applied yet: faaso apply'] : []),
    ...dotSegments(verdict.path),
    ...reached.notes,
    ...unapplied,
  );
  const { route } = verdict;
  const release = functions.find(({ current }) => current.function === route?.function)?.current;
  // Of the route that was just spoken of the function's own note says nothing more.
  const told = unapplied.length === 0 ? [] : [verdict.route, then?.route].flatMap((item) => item ?? []);
  const fn =
    release === undefined
      ? null
      : await explainedFunction(faaso, release, status, owner?.socket, notes, told.map(nameOf));
  if (applied !== undefined && !(await isRouterUp(faaso.paths))) notes.unshift(routerNote(status));
  else if (applied !== undefined && status === undefined) notes.push(daemonNote(owner?.pid));
  return {
    method: request.method,
    host: authority,
    path: verdict.path,
    query: verdict.query,
    answer: verdict.answer,
    route:
      route === undefined
        ? null
        : {
            ...explainedRoute(route),
            stripPrefix: route.stripPrefix,
            place: loaded?.placeOf(route) ?? null,
            before: verdict.before.map(explainedRoute),
          },
    nearest: verdict.nearest.map(explainedRoute),
    function: fn,
    upstream:
      route === undefined ? null : upstreamOf(route, verdict, authority, reached.isTls ? 'https' : 'http'),
    limits:
      route === undefined || release === undefined
        ? null
        : {
            timeoutMs: route.timeoutMs,
            maxBodyBytes: route.maxBodyBytes,
            memoryBytes: release.spec.limits.memoryBytes,
            cpus: release.spec.limits.cpus,
          },
    protection: route === undefined ? null : protectionOf(route),
    ifDown:
      route === undefined
        ? null
        : status === undefined
          ? '502: without a daemon nobody takes it out of routing or brings it back'
          : '503 with Retry-After, until the daemon has brought it back',
    notes,
  };
}

async function explainedFunction(
  faaso: Faaso,
  release: AppliedRelease,
  status: ProjectStatus | undefined,
  socket: string | undefined,
  notes: string[],
  told: readonly string[],
): Promise<ExplainedFunction> {
  const name = release.function;
  const known = { name, release: release.number, revision: short(release.revision) };
  const row = status?.functions.find((item) => item.name === name);
  if (row !== undefined && socket !== undefined) {
    const changed = row.changed.filter((text) => !told.some((route) => isAbout(text, route)));
    if (changed.length > 0) notes.push(`changed on disk, not applied yet: ${changed.join(', ')}`);
    const { probe } = await ask<{ readonly probe: ProbeReport | null }>(
      socket,
      'GET',
      `/v1/functions/${name}/probe`,
      ANSWER_MS,
    ).catch(() => ({ probe: null }));
    const { state, reason, instance, port } = row;
    return { ...known, state, reason, instance, port, probe };
  }
  try {
    const instance = await findInstance(faaso, release);
    const runs = instance !== undefined && canAnswer(instance);
    return {
      ...known,
      state: runs ? 'running' : 'stopped',
      reason: runs ? '' : explainStatus(instance),
      instance: instance?.id.slice(0, 12) ?? null,
      port: instance?.port ?? null,
      probe: null,
    };
  } catch (error) {
    notes.push(`the engine could not be asked: ${toFaasoError(error).message}`);
    return { ...known, state: 'unknown', reason: '', instance: null, port: null, probe: null };
  }
}

/** Whether a change is that of a route, with whichever methods. */
function isAbout(change: string, route: string): boolean {
  return change === `route ${route}` || change.startsWith(`route ${route} [`);
}

function daemonNote(pid: number | undefined): string {
  return pid === undefined
    ? 'no daemon runs: nothing that breaks is healed, and nobody probes: faaso daemon restart'
    : `the daemon (pid ${pid}) does not answer: faaso daemon restart ends it and starts another`;
}

/** A daemon that runs tries again and again: where it knows why the router is down, another would fare no better. */
function routerNote(status: ProjectStatus | undefined): string {
  const { state = '', hint = null } = status?.router ?? {};
  if (status === undefined || hint === null)
    return 'the router does not run, so nothing answers now: faaso daemon restart';
  return `the router is ${state}, so nothing answers now: ${hint}`;
}

/** Where the router listens, `host:port`; `undefined` when the system chose the port and no daemon knows it. */
function authorityOf(
  status: ProjectStatus | undefined,
  settings: RouterSettings | undefined,
): string | undefined {
  const listen = status?.router.listen.replace(/^https?:\/\//, '').replace(/\/$/, '');
  if (listen !== undefined && listen !== '' && !listen.endsWith(':0')) return listen;
  if (settings === undefined || settings.port === 0) return undefined;
  return `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`;
}

/** What the files make of the request, where that is not what was applied. */
function differing(now: RouteVerdict, then: RouteVerdict, { placeOf }: Loaded): string[] {
  if (wordsOf(now) === wordsOf(then)) return [];
  const { route } = then;
  if (route === undefined)
    return [
      `not applied yet: the files answer it with ${then.answer?.status ?? 404}, ${then.answer?.why ?? ''}`,
    ];
  const place = placeOf(route);
  const where = place === undefined ? 'the files' : `${place.file}:${place.line}`;
  const same = now.route?.function === route.function && nameOf(now.route) === nameOf(route);
  return [
    same
      ? `not applied yet: ${where} has other settings for route ${nameOf(route)}`
      : `not applied yet: ${where} leads it by ${nameOf(route)} to ${route.function}`,
  ];
}

function wordsOf({ answer, route }: RouteVerdict): string {
  return JSON.stringify([
    answer?.code,
    answer?.code === 'method-not-allowed' ? answer.why : '',
    sorted(route),
  ]);
}

function sorted(route: Route | undefined): unknown {
  return route === undefined ? null : Object.entries(route).sort(([a], [b]) => (a < b ? -1 : 1));
}
