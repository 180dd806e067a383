/**
 * The contract with whatever carries traffic. Implementations: `builtin/` (a process of its own) and
 * `memory.ts`, and `caddy/`; all pass `test/contract/router`.
 */
import type { FunctionName, InstanceId } from '../core/names.ts';
import type { Route, RouterSettings } from '../core/specs.ts';

/** Where a route's requests go now. */
export type RouteTarget =
  | { readonly kind: 'instance'; readonly instance: InstanceId; /** On 127.0.0.1. */ readonly port: number }
  /** Answered with 503 and `Retry-After`. */
  | { readonly kind: 'unready'; readonly reason: string; readonly retryAfterSeconds: number };

export interface RouteEntry extends Route {
  readonly target: RouteTarget;
}

/** All routes at one moment. Replaced as a whole. */
export interface RouteTable {
  readonly entries: readonly RouteEntry[];
}

export type RouterStatus =
  | {
      readonly kind: 'serving';
      /** `http://127.0.0.1:8080` with the real port. */ readonly url: string;
      /** Of the process that serves; 0 where it is not ours to know. */
      readonly pid: number;
      /** Why it serves what it served before, rather than the last table. */
      readonly outOfDate?: string;
    }
  | {
      readonly kind: 'down';
      readonly reason: string;
      /** When it is tried again, in ms since 1970; absent: soon, or not before somebody asks. */
      readonly retryAt?: number;
      /** What to do about it, where the reason's error says so. */
      readonly hint?: string;
    };

export interface Router {
  readonly kind: 'builtin' | 'caddy' | 'memory';
  /**
   * Brings the router up with the table, or takes over one that runs already (its connections stay).
   * May be called again with other settings: the listener moves. Rejects with `listen-failed`, naming the owner
   * of the port where it can.
   */
  start(settings: RouterSettings, table: RouteTable): Promise<void>;
  /**
   * Brings the router up with what it served last, where that is known and of this boot, for as long as the engine
   * cannot say what runs. `false`: nothing is known, and nothing was done. Rejects as {@link start}.
   */
  resume(): Promise<boolean>;
  /** Resolves when every new request is routed by `table`. While the data plane is down the table is kept and handed to it on its return. */
  setTable(table: RouteTable): Promise<void>;
  /**
   * Resolves when no request is in flight on the instance any more. After `deadlineMs` those left are ended: 504
   * where no header was sent, else an abort; WebSockets get 1001. The earliest deadline given counts.
   */
  drain(instance: InstanceId, deadlineMs: number): Promise<void>;
  /** Requests in flight by function, for `status` and `down`. */
  inFlight(): Promise<Readonly<Record<FunctionName, number>>>;
  status(): RouterStatus;
  /** Calls `listener` on each change of status; returns the function that ends it. */
  onStatus(listener: (status: RouterStatus) => void): () => void;
  /** `leave`: the data plane goes on serving; `stop`: it stops accepting, finishes what is in flight and exits. */
  close(mode: 'leave' | 'stop'): Promise<void>;
}
