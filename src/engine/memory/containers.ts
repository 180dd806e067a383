import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import { instanceId } from '../../core/names.ts';
import type { EngineEvent, StartRequest } from '../engine.ts';
import { instanceLabels, instanceName, NAME_ATTEMPTS } from '../labels.ts';
import type { MemoryContainer, OnStart } from './container.ts';
import { isAlive } from './container.ts';

type Change = Extract<EngineEvent, { kind: 'instance' }>['change'];

/** Containers of the engine in memory, and what can happen to them. */
export interface MemoryContainers {
  readonly all: () => readonly MemoryContainer[];
  readonly get: (id: InstanceId) => MemoryContainer | undefined;
  /** Makes a container under the first free name. */
  readonly create: (request: StartRequest, imageId: string, volumes: readonly string[]) => MemoryContainer;
  /** Runs the hook; on failure the container is left as it was. */
  readonly run: (container: MemoryContainer) => Promise<void>;
  readonly exit: (container: MemoryContainer, code: number, oomKilled: boolean) => Promise<void>;
  readonly pause: (container: MemoryContainer, paused: boolean) => void;
  readonly remove: (container: MemoryContainer) => Promise<void>;
  /** Aborts when the process of the container ends. */
  readonly ending: (container: MemoryContainer) => AbortSignal;
  /** Emits `event` with an {@link EngineEvent}, and a container's id when its log or status changed. */
  readonly bus: EventEmitter;
}

export function createMemoryContainers(clock: Clock, onStart: OnStart | undefined): MemoryContainers {
  const containers = new Map<InstanceId, MemoryContainer>();
  const bus = new EventEmitter().setMaxListeners(0);

  const tell = ({ id, request }: MemoryContainer, change: Change): void => {
    const { project, release } = request;
    bus.emit('event', {
      kind: 'instance',
      id,
      project,
      function: release.function,
      change,
    } satisfies EngineEvent);
    bus.emit(id);
  };

  const exit = async (container: MemoryContainer, code: number, oomKilled: boolean): Promise<void> => {
    if (!isAlive(container)) return;
    container.status = { kind: 'exited', exitCode: code, oomKilled, finishedAt: clock.now() };
    if (oomKilled) tell(container, 'oom');
    const { end } = container;
    container.end = undefined;
    await end?.();
    tell(container, 'died');
  };

  const start = async (container: MemoryContainer): Promise<MemoryContainer['end']> => {
    const { id, lines, request } = container;
    return onStart?.(request, {
      id,
      print(stream, text) {
        lines.push({ stream, at: clock.now(), text });
        bus.emit(id);
      },
      exit: (code, options) => void exit(container, code, options?.oomKilled ?? false),
    });
  };

  return {
    bus,
    all: () => [...containers.values()],
    get: (id) => containers.get(id),
    create(request, imageId, volumes) {
      const taken = new Set([...containers.values()].map(({ name }) => name));
      const attempts = Array.from({ length: NAME_ATTEMPTS }, (_, index) => request.attempt + index);
      const name = attempts
        .map((attempt) => instanceName({ ...request, attempt }))
        .find((item) => !taken.has(item));
      if (name === undefined) throw new FaasoError('start-failed', 'no name is free');
      const container: MemoryContainer = {
        id: instanceId(randomBytes(32).toString('hex')),
        name,
        request,
        labels: instanceLabels(request),
        imageId,
        volumes,
        createdAt: clock.now(),
        lines: [],
        status: { kind: 'created' },
        portBound: false,
        end: undefined,
      };
      containers.set(container.id, container);
      tell(container, 'created');
      return container;
    },
    async run(container) {
      const before = container.status;
      container.status = { kind: 'running', startedAt: clock.now() };
      try {
        assertPortFree(container, containers.values());
        const end = await start(container);
        if (isAlive(container)) container.end = end;
        else await end?.();
      } catch (error) {
        container.status = before;
        throw startError(container.request.port, error);
      }
      container.portBound = true;
      tell(container, 'started');
    },
    exit,
    pause(container, paused) {
      if (!isAlive(container)) return;
      container.status = paused ? { kind: 'paused' } : { kind: 'running', startedAt: clock.now() };
      tell(container, paused ? 'paused' : 'resumed');
    },
    async remove(container) {
      await exit(container, 137, false);
      if (containers.delete(container.id)) tell(container, 'removed');
    },
    ending(container) {
      const ended = new AbortController();
      const look = (): void => {
        if (isAlive(container)) return;
        bus.off(container.id, look);
        ended.abort();
      };
      bus.on(container.id, look);
      return ended.signal;
    },
  };
}

function assertPortFree(container: MemoryContainer, all: Iterable<MemoryContainer>): void {
  for (const other of all) {
    if (other !== container && isAlive(other) && other.request.port === container.request.port) {
      throw Object.assign(new Error(`port ${container.request.port} is that of ${other.name}`), {
        code: 'EADDRINUSE',
      });
    }
  }
}

function startError(port: number, error: unknown): FaasoError {
  if (error instanceof FaasoError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return 'code' in cause && cause.code === 'EADDRINUSE'
    ? new FaasoError('port-taken', `the host port ${port} is in use by another program`, { cause })
    : new FaasoError('start-failed', `the container could not be started: ${cause.message}`, { cause });
}
