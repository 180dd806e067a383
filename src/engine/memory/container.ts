import type { InstanceId } from '../../core/names.ts';
import type { Instance, InstanceStatus } from '../../core/state.ts';
import type { LogLine, StartRequest } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { parseInstanceLabels } from '../labels.ts';

/** What a test sees of a process that the engine in memory started. */
interface FakeProcess {
  readonly id: InstanceId;
  print(stream: LogLine['stream'], text: string): void;
  /** Ends the process by itself, as a crash does. */
  exit(code: number, options?: { readonly oomKilled?: boolean }): void;
}

/** Ends what a start hook began: closes a listener. */
type EndProcess = () => void | Promise<void>;

/**
 * Called whenever a container starts, before `start` resolves. Rejecting fails the start: with `port-taken` when the
 * error's code is `EADDRINUSE`, so that a hook may simply listen on `request.port`, else with `start-failed`.
 */
export type OnStart = (
  request: StartRequest,
  process: FakeProcess,
) => EndProcess | undefined | Promise<EndProcess | undefined>;

/** One container of the engine in memory. */
export interface MemoryContainer {
  readonly id: InstanceId;
  readonly name: string;
  readonly request: StartRequest;
  readonly labels: Labels;
  readonly imageId: string;
  /** The engine's names of its volumes. */
  readonly volumes: readonly string[];
  readonly createdAt: number;
  readonly lines: LogLine[];
  status: InstanceStatus;
  portBound: boolean;
  end: EndProcess | undefined;
}

/** The container as the contract shows it; read from its labels, as on a real engine. */
export function toInstance(container: MemoryContainer): Instance | undefined {
  const identity = parseInstanceLabels(container.labels);
  if (identity === undefined) return undefined;
  return {
    ...identity,
    id: container.id,
    name: container.name,
    imageId: container.imageId,
    portBound: container.portBound && container.status.kind === 'running',
    status: container.status,
    createdAt: container.createdAt,
  };
}

/** Whether a process of the container exists. */
export function isAlive({ status }: MemoryContainer): boolean {
  return status.kind === 'running' || status.kind === 'paused';
}
