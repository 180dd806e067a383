import { FaasoError } from '../core/errors.ts';
import type { InstanceId } from '../core/names.ts';
import { parseFunctionName } from '../core/names.ts';
import type { Instance } from '../core/state.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import type { FunctionLogLine, LogsRequest } from './api.ts';
import { identityOf } from './down.ts';
import { logLines } from './log-lines.ts';

/** The logs of all or the named functions, each in order of time; `follow` also picks up instances that come later. */
export async function mergeLogs(
  faaso: Faaso,
  reading: Reading,
  request: LogsRequest,
  onLine: (line: FunctionLogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const store = await faaso.store();
  const identity = await identityOf(faaso, store, reading);
  if (identity === undefined) throw unknownFunction(request.names[0] ?? '', []);
  const roots = await faaso.roots(identity, 'leave');
  const isOurs = ({ project, purpose }: Instance): boolean =>
    purpose === 'serve' && project.name === identity.name && roots.has(project.root);
  const instances = (await faaso.engine.instances({ project: identity.name })).filter(isOurs);
  const running = new Set(instances.map((instance) => instance.function as string));
  const applied = Object.keys(store.read()?.functions ?? {});
  for (const name of request.names) {
    if (!running.has(name) && !applied.includes(name))
      throw unknownFunction(name, [...new Set([...applied, ...running])]);
  }
  const ofRelease = ({ release }: Instance): boolean =>
    request.release === undefined || release?.number === request.release;
  const wanted = (instance: Instance): boolean =>
    (request.names.length === 0 || request.names.includes(instance.function)) && ofRelease(instance);
  if (request.release !== undefined && !instances.some(wanted)) throw logGone(request, instances);
  const read = new Map<InstanceId, Promise<void>>();
  const begin = (instance: Instance, tail: number | undefined): void => {
    if (read.has(instance.id) || !wanted(instance)) return;
    const done = readOne(
      faaso,
      instance,
      { ...request, ...(tail === undefined ? {} : { tail }) },
      onLine,
      signal,
    );
    read.set(instance.id, done.catch(ignoreAbort(signal)));
  };
  const oldestFirst = [...instances].sort((a, b) => a.createdAt - b.createdAt);
  if (!request.follow) {
    for (const instance of oldestFirst)
      if (wanted(instance)) await readOne(faaso, instance, request, onLine, signal);
    return;
  }
  for (const instance of oldestFirst) begin(instance, request.tail);
  for await (const event of faaso.engine.events(signal)) {
    if (event.kind !== 'instance' || event.change !== 'started') continue;
    if (event.project.name !== identity.name) continue;
    const instance = await faaso.engine.instance(event.id);
    if (instance !== undefined && !isOurs(instance)) continue;
    // A restarted instance continues its log; what was read of it before is not shown again.
    read.delete(event.id);
    if (instance !== undefined) {
      const startedAt = instance.status.kind === 'running' ? instance.status.startedAt : instance.createdAt;
      if (wanted(instance)) {
        const { tail: _beginning, ...rest } = request;
        const later = { ...rest, since: Math.max(request.since ?? 0, startedAt - 1) };
        read.set(instance.id, readOne(faaso, instance, later, onLine, signal).catch(ignoreAbort(signal)));
      }
    }
  }
  await Promise.all(read.values());
}

async function readOne(
  faaso: Faaso,
  instance: Instance,
  request: LogsRequest,
  onLine: (line: FunctionLogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const line of logLines(faaso.engine, instance.id, request, signal)) {
    onLine({ function: instance.function, release: instance.release?.number ?? 0, ...line });
  }
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

/** A container takes its log along. */
function logGone({ names, release }: LogsRequest, instances: readonly Instance[]): FaasoError {
  const [name = ''] = names;
  const left = instances
    .filter((item) => item.function === name && item.release !== undefined)
    .map((item) => item.release?.number ?? 0);
  const message = `release ${release ?? 0} of ${name} has no container, and so no log`;
  return new FaasoError('release-unknown', message, {
    hint:
      left.length === 0
        ? `${name} has no container at all: faaso status`
        : `there is the log of release ${[...new Set(left)].sort((a, b) => a - b).join(', ')}: faaso logs ${name}`,
  });
}

export function unknownFunction(name: string, known: readonly string[]): FaasoError {
  const hint =
    known.length === 0 ? 'nothing is applied yet: faaso apply' : `there are ${[...known].sort().join(', ')}`;
  const valid = parseFunctionName(name) !== undefined;
  return new FaasoError(
    'function-unknown',
    valid ? `no function is named "${name}"` : `"${name}" is no function's name`,
    { hint },
  );
}
