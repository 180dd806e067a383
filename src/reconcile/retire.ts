import type { Instance } from '../core/state.ts';
import type { InstanceId } from '../core/names.ts';
import type { Engine } from '../engine/engine.ts';
import type { Router } from '../router/router.ts';
import type { HealthMonitor } from './health.ts';
import type { Ports } from './ports.ts';

/** Time that a process gets to end after SIGTERM. */
const STOP_GRACE_MS = 10_000;
/** The least time that requests in flight get. */
export const MIN_DRAIN_MS = 30_000;

export interface RetirementParts {
  readonly engine: Engine;
  readonly router: Router;
  readonly health: HealthMonitor;
  readonly ports: Ports;
  readonly onError: (instance: Instance, error: unknown) => void;
}

/** Takes instances out of service: drain, stop, remove. Runs beside the queue, since a drain may take minutes. */
export class Retirement {
  readonly #parts: RetirementParts;
  readonly #going = new Map<InstanceId, Promise<void>>();

  constructor(parts: RetirementParts) {
    this.#parts = parts;
  }

  /** Begins to retire an instance that no route leads to any more; does nothing when that began already. */
  begin(instance: Instance, drainMs: number): void {
    if (this.#going.has(instance.id)) return;
    const work = this.#retire(instance, drainMs)
      .catch((error: unknown) => this.#parts.onError(instance, error))
      .finally(() => this.#going.delete(instance.id));
    this.#going.set(instance.id, work);
  }

  has(id: InstanceId): boolean {
    return this.#going.has(id);
  }

  /** Resolves when everything that began has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#going.values());
  }

  async #retire(instance: Instance, drainMs: number): Promise<void> {
    const { engine, router, health, ports } = this.#parts;
    health.forget(instance.id);
    if (instance.status.kind === 'running') {
      await router.drain(instance.id, drainMs);
      await engine.stop(instance.id, STOP_GRACE_MS);
    }
    await engine.remove(instance.id);
    ports.freed(instance.port);
  }
}
