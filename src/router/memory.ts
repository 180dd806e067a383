import type { FunctionName, InstanceId } from '../core/names.ts';
import type { RouterSettings } from '../core/specs.ts';
import { Status } from './status.ts';
import { DataPlane } from './builtin/proxy/data-plane.ts';
import type { Router, RouterStatus, RouteTable } from './router.ts';

/** A router for tests: the data plane of the built-in one, in this process. */
export interface MemoryRouter extends Router {
  /** The table that is routed by. */
  readonly table: RouteTable;
}

/** Creates a {@link MemoryRouter}. */
export function createMemoryRouter(): MemoryRouter {
  return new InProcessRouter();
}

class InProcessRouter implements MemoryRouter {
  readonly kind = 'memory';
  table: RouteTable = { entries: [] };
  private readonly state = new Status();
  private readonly plane = new DataPlane((error) => {
    throw error;
  });

  async start(settings: RouterSettings, table: RouteTable): Promise<void> {
    this.table = table;
    const url = await this.plane.configure(settings, table);
    this.state.set({ kind: 'serving', url, pid: process.pid });
  }

  /** Nothing outlives this process. */
  async resume(): Promise<boolean> {
    return false;
  }

  async setTable(table: RouteTable): Promise<void> {
    this.table = table;
    this.plane.setTable(table);
  }

  async drain(instance: InstanceId, deadlineMs: number): Promise<void> {
    await this.plane.drain(instance, deadlineMs);
  }

  async inFlight(): Promise<Readonly<Record<FunctionName, number>>> {
    return this.plane.inFlight();
  }

  status(): RouterStatus {
    return this.state.current;
  }

  onStatus(listener: (status: RouterStatus) => void): () => void {
    return this.state.subscribe(listener);
  }

  async close(mode: 'leave' | 'stop'): Promise<void> {
    if (mode === 'leave') return;
    await this.plane.stop({ quiet: 'now' });
    this.state.set({ kind: 'down', reason: 'stopped' });
  }
}
