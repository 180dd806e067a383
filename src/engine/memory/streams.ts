/** What of the memory engine is followed: the lines of a container, and what happens. */
import { on, once } from 'node:events';

import type { InstanceId } from '../../core/names.ts';
import type { EngineEvent, LogLine, LogOptions } from '../engine.ts';
import { isAlive } from './container.ts';
import type { MemoryContainers } from './containers.ts';

/** Ends with the signal, with the last line, or, where lines are followed, with the container. */
export async function* linesOf(
  containers: MemoryContainers,
  id: InstanceId,
  { follow, since, tail }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const container = containers.get(id);
  if (container === undefined) return;
  const first = tail === undefined ? 0 : Math.max(0, container.lines.length - tail);
  for (let next = first; !signal.aborted;) {
    for (const line of container.lines.slice(next)) {
      next += 1;
      if (since === undefined || line.at > since) yield line;
    }
    if (next < container.lines.length) continue;
    if (!follow || !isAlive(container)) return;
    await once(containers.bus, id, { signal }).catch(() => undefined);
  }
}

/** Ends with the signal. `down`: why the engine cannot be reached, if it cannot. */
export async function* eventsOf(
  containers: MemoryContainers,
  down: () => string | undefined,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  if (signal.aborted) return;
  const messages: AsyncIterable<readonly EngineEvent[]> = on(containers.bus, 'event', { signal });
  const why = down();
  yield why === undefined ? { kind: 'connected' } : { kind: 'disconnected', detail: why };
  try {
    for await (const [event] of messages) {
      if (event !== undefined && (down() === undefined || event.kind !== 'instance')) yield event;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
