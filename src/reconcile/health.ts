import type { Clock } from '../core/clock.ts';
import type { FunctionName, InstanceId } from '../core/names.ts';
import type { ContainerSpec } from '../core/specs.ts';
import type { Instance } from '../core/state.ts';
import { probe } from './probe.ts';
import type { ProbeResult } from './probe.ts';

/** What is known of one instance's health. */
export interface Health {
  /** `starting` until the first success. */
  readonly state: 'starting' | 'healthy' | 'unhealthy';
  /** Failures in a row. */
  readonly failures: number;
  readonly last: ProbeResult | undefined;
  /** Milliseconds since 1970 of the last probe, and of the change to `state`. */
  readonly probedAt: number | undefined;
  readonly since: number;
}

interface Watched {
  readonly function: FunctionName;
  health: Health;
  readonly stop: AbortController;
}

/**
 * Probes every watched instance at its interval and remembers the outcome. A change only calls `onChange` with
 * the function's name; what to do about it is decided by reading the records.
 */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #onChange: (name: FunctionName) => void;
  readonly #watched = new Map<InstanceId, Watched>();

  constructor(clock: Clock, onChange: (name: FunctionName) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  health(id: InstanceId): Health | undefined {
    return this.#watched.get(id)?.health;
  }

  /** Begins to watch an instance that is healthy as far as is known; does nothing when it is watched already. */
  watch(instance: Instance, spec: ContainerSpec): void {
    if (this.#watched.has(instance.id)) return;
    const watched: Watched = {
      function: instance.function,
      health: {
        state: 'healthy',
        failures: 0,
        last: undefined,
        probedAt: undefined,
        since: this.#clock.now(),
      },
      stop: new AbortController(),
    };
    this.#watched.set(instance.id, watched);
    void this.#loop(watched, instance, spec);
  }

  forget(id: InstanceId): void {
    this.#watched.get(id)?.stop.abort(new Error('no longer watched'));
    this.#watched.delete(id);
  }

  /** Ends the watching of the function's instances that are not in `keep`: they are gone. */
  retain(name: FunctionName, keep: ReadonlySet<InstanceId>): void {
    for (const [id, watched] of this.#watched) {
      if (watched.function === name && !keep.has(id)) this.forget(id);
    }
  }

  /** Ends all watching. */
  close(): void {
    for (const id of this.#watched.keys()) this.forget(id);
  }

  async #loop(watched: Watched, instance: Instance, spec: ContainerSpec): Promise<void> {
    const { signal } = watched.stop;
    try {
      for (;;) {
        await this.#clock.sleep(spec.health.intervalMs, signal);
        const result = await probe(spec, instance.port, signal);
        if (signal.aborted) return;
        const before = watched.health;
        watched.health = afterProbe(before, result, spec.health.retries, this.#clock.now());
        if (before.state !== watched.health.state) this.#onChange(instance.function);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The record after one more probe: `retries` failures in a row make it unhealthy, one success heals it. Pure. */
export function afterProbe(before: Health, result: ProbeResult, retries: number, now: number): Health {
  const failures = result.healthy ? 0 : before.failures + 1;
  const state = result.healthy ? 'healthy' : failures >= retries ? 'unhealthy' : before.state;
  return { state, failures, last: result, probedAt: now, since: state === before.state ? before.since : now };
}
