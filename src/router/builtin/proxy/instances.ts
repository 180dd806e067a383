import type { FunctionName, InstanceId } from '../../../core/names.ts';
import { Pool } from '../upstream/pool.ts';

/** A request or tunnel that an instance is busy with. */
export interface InFlight {
  readonly functionName: FunctionName;
  /** Whether it may go on for ever. */
  readonly endless: boolean;
  /** Called every {@link TICK_MS} with `performance.now()`; ends itself when its time is over. */
  tick(now: number): void;
  /** The drain deadline has come: 504, an abort or a close frame. */
  endForDrain(): void;
}

/** How exact timeouts are. */
const TICK_MS = 50;

/** One instance with its connections and what is in flight on it. */
export class UpstreamInstance {
  readonly pool: Pool;
  readonly inFlight = new Set<InFlight>();
  private readonly owner: Instances;
  private waiting: (() => void)[] = [];

  constructor(port: number, owner: Instances) {
    this.pool = new Pool(port);
    this.owner = owner;
  }

  add(item: InFlight): void {
    this.inFlight.add(item);
    this.owner.wake();
  }

  delete(item: InFlight): void {
    if (!this.inFlight.delete(item) || this.inFlight.size > 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const done of waiting) done();
    this.owner.onQuiet(this);
  }

  /** Resolves when nothing is in flight, at the latest soon after `deadlineMs`, when what is left is ended. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.inFlight.size === 0) return;
    const timer = setTimeout(() => {
      for (const item of this.inFlight) item.endForDrain();
    }, deadlineMs);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    clearTimeout(timer);
  }
}

/** All instances that a table names, and those that still have something in flight. */
export class Instances {
  private readonly known = new Map<string, UpstreamInstance>();
  private named = new Set<UpstreamInstance>();
  private timer: NodeJS.Timeout | undefined;

  /** The same instance keeps its connections from table to table. */
  get(id: InstanceId, port: number): UpstreamInstance {
    const key = keyOf(id, port);
    const found = this.known.get(key) ?? new UpstreamInstance(port, this);
    this.known.set(key, found);
    return found;
  }

  /** Tells which instances the table names; the others are forgotten as soon as they are quiet. */
  retain(named: Set<UpstreamInstance>): void {
    this.named = named;
    for (const instance of this.known.values()) {
      if (instance.inFlight.size === 0) this.onQuiet(instance);
    }
  }

  onQuiet(instance: UpstreamInstance): void {
    if (this.named.has(instance)) return;
    instance.pool.close();
    for (const [key, value] of this.known) if (value === instance) this.known.delete(key);
  }

  async drain(id: InstanceId, deadlineMs: number): Promise<void> {
    const drains: Promise<void>[] = [];
    for (const [key, instance] of this.known) {
      if (key.startsWith(`${id} `)) drains.push(instance.drain(deadlineMs));
    }
    await Promise.all(drains);
  }

  async drainAll(deadlineMs: number): Promise<void> {
    await Promise.all([...this.known.values()].map((instance) => instance.drain(deadlineMs)));
  }

  count(): Record<FunctionName, number> {
    // Without a prototype: a function may be called `constructor`.
    const counts = Object.create(null) as Record<string, number>;
    for (const instance of this.known.values()) {
      for (const item of instance.inFlight) counts[item.functionName] = (counts[item.functionName] ?? 0) + 1;
    }
    return counts;
  }

  countByInstance(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [key, instance] of this.known) counts[key.slice(0, key.indexOf(' '))] = instance.inFlight.size;
    return counts;
  }

  /** Ends WebSockets, which would go on for ever. */
  endTunnels(): void {
    for (const instance of this.known.values()) {
      for (const item of instance.inFlight) if (item.endless) item.endForDrain();
    }
  }

  closeIdle(): void {
    for (const instance of this.known.values()) instance.pool.close();
  }

  /** Starts the clock of timeouts; it stops by itself when there is nothing to time. */
  wake(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  private tick(): void {
    const now = performance.now();
    let busy = false;
    for (const instance of this.known.values()) {
      for (const item of instance.inFlight) item.tick(now);
      instance.pool.sweep(now);
      busy ||= instance.inFlight.size > 0 || instance.pool.idleCount > 0;
    }
    if (busy) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

function keyOf(id: InstanceId, port: number): string {
  return `${id} ${port}`;
}
