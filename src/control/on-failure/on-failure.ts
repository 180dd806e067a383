/** Tells somebody when a function, the router or the engine fails, and when it is well again. */
import type { Clock } from '../../core/clock.ts';
import { errorData } from '../../core/errors.ts';
import type { Emit, EventBody } from '../../core/events.ts';
import type { Applied } from '../../core/state.ts';
import { callHook } from './call.ts';
import type { CallPlace } from './call.ts';
import { Deliveries } from './deliver.ts';
import { FailureWatch } from './watch.ts';
import type { Found } from './watch.ts';

export interface OnFailureParts extends CallPlace {
  readonly clock: Clock;
  /** What is applied now: it names whom to tell. */
  readonly applied: () => Applied | undefined;
  readonly emit: Emit;
}

export interface OnFailure {
  /** Looks at an event; returns at once. */
  take(event: EventBody): void;
  close(): Promise<void>;
}

export function createOnFailure(parts: OnFailureParts): OnFailure {
  const deliveries = new Deliveries({
    clock: parts.clock,
    call: async (event, signal) => {
      const hook = parts.applied()?.onFailure;
      if (hook !== undefined) await callHook(hook, event, parts, signal);
    },
    onError: (error) => parts.emit({ kind: 'failure', error: errorData(error) }),
  });
  const report = ({ at, function: name, ...found }: Found): void => {
    const applied = parts.applied();
    if (applied?.onFailure === undefined) return;
    deliveries.push({
      ...found,
      project: applied.name,
      function: name,
      release: name === null ? null : (applied.functions[name]?.current.number ?? null),
      at: new Date(at).toISOString(),
      dropped: 0,
    });
  };
  const watch = new FailureWatch({ clock: parts.clock, report });
  return {
    take: (event) => watch.take(event),
    close: async () => {
      watch.close();
      await deliveries.close();
    },
  };
}
