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
  readonly id: InstanceId;
  readonly pool: Pool;
  readonly inFlight = new Set<InFlight>();
  /** Whether its owner counts it. */
  isKnown = true;
  private readonly owner: Instances;
  private waiting: (() => void)[] = [];

  constructor(id: InstanceId, port: number, owner: Instances) {
    this.id = id;
    this.pool = new Pool(port);
    this.owner = owner;
  }

  add(item: InFlight): void {
    // Whoever had it from an older table may come after it was forgotten: what is uncounted would never be ended.
    if (!this.isKnown) this.owner.remember(this);
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
  private readonly known = new Set<UpstreamInstance>();
  /** By id and port. */
  private readonly usable = new Map<string, UpstreamInstance>();
  private named = new Set<UpstreamInstance>();
  private timer: NodeJS.Timeout | undefined;

  /** The same instance keeps its connections from table to table. */
  get(id: InstanceId, port: number): UpstreamInstance {
    const key = keyOf(id, port);
    const found = this.usable.get(key) ?? new UpstreamInstance(id, port, this);
    this.usable.set(key, found);
    this.known.add(found);
    return found;
  }

  /** Tells which instances the table names; the others are forgotten as soon as they are quiet. */
  retain(named: Set<UpstreamInstance>): void {
    this.named = named;
    for (const instance of this.known) {
      if (instance.inFlight.size === 0) this.onQuiet(instance);
    }
  }

  onQuiet(instance: UpstreamInstance): void {
    if (this.named.has(instance)) return;
    instance.pool.close();
    instance.isKnown = false;
    this.known.delete(instance);
    for (const [key, value] of this.usable) if (value === instance) this.usable.delete(key);
  }

  /** One that was forgotten is busy again, until it is quiet. */
  remember(instance: UpstreamInstance): void {
    instance.isKnown = true;
    this.known.add(instance);
  }

  async drain(id: InstanceId, deadlineMs: number): Promise<void> {
    const drains: Promise<void>[] = [];
    for (const instance of this.known) if (instance.id === id) drains.push(instance.drain(deadlineMs));
    await Promise.all(drains);
  }

  /** Whether anything is in flight. */
  get isBusy(): boolean {
    for (const { inFlight } of this.known) if (inFlight.size > 0) return true;
    return false;
  }

  async drainAll(deadlineMs: number): Promise<void> {
    await Promise.all([...this.known].map((instance) => instance.drain(deadlineMs)));
  }

  count(): Record<FunctionName, number> {
    // Without a prototype: a function may be called `constructor`.
    const counts = Object.create(null) as Record<string, number>;
    for (const instance of this.known) {
      for (const item of instance.inFlight) counts[item.functionName] = (counts[item.functionName] ?? 0) + 1;
    }
    return counts;
  }

  countByInstance(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { id, inFlight } of this.known) counts[id] = (counts[id] ?? 0) + inFlight.size;
    return counts;
  }

  /** Ends WebSockets, which would go on for ever. */
  endTunnels(): void {
    for (const instance of this.known) {
      for (const item of instance.inFlight) if (item.endless) item.endForDrain();
    }
  }

  closeIdle(): void {
    for (const instance of this.known) instance.pool.close();
  }

  /** Starts the clock of timeouts; it stops by itself when there is nothing to time. */
  wake(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  private tick(): void {
    const now = performance.now();
    let busy = false;
    for (const instance of this.known) {
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
