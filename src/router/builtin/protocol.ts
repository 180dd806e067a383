/**
 * What the control plane and the data plane say to each other over the private socket: one JSON object per line.
 * The data plane opens with a {@link Hello}; then each request gets one answer with its `id`, in any order.
 *
 * `Hello`, `stop` and `handover` never change, so that any two versions can replace each other. Everything else
 * belongs to {@link PROTOCOL}, which grows with every incompatible change.
 */
import type { FunctionName, InstanceId } from '../../core/names.ts';
import type { RouteTable } from '../router.ts';
import type { Served } from '../routes-file.ts';

export const PROTOCOL = 2;

/** The first line on every connection. */
export interface Hello {
  readonly protocol: number;
  readonly pid: number;
  /** Of faaso; absent from one of before it was told. */
  readonly version?: string;
}

/** What a data plane says that it is. */
export type Kind = Omit<Hello, 'pid'>;

/** Request → answer. */
export interface Calls {
  /** Answered when it listens and routes by the table. */
  readonly configure: { readonly params: Served; readonly result: { readonly url: string } };
  readonly table: { readonly params: RouteTable; readonly result: null };
  readonly drain: {
    readonly params: { readonly instance: InstanceId; readonly deadlineMs: number };
    readonly result: null;
  };
  readonly inFlight: { readonly params: null; readonly result: InFlightReport };
  /** Answered at once; the process exits when what is in flight has finished. */
  readonly stop: { readonly params: null; readonly result: null };
  /**
   * Answered when the successor serves; this process then ends as soon as its clients have been served, and until then
   * does what its successor passes on.
   */
  readonly handover: { readonly params: Successor; readonly result: { readonly pid: number } };
}

export type CallName = keyof Calls;

interface InFlightReport {
  readonly functions: Readonly<Record<FunctionName, number>>;
  readonly instances: Readonly<Record<string, number>>;
}

/** How to start the successor. */
export interface Successor {
  /** Absolute path of its entry. */
  readonly entry: string;
  readonly execArgv: readonly string[];
  /** For the successor alone: passed on as it is. */
  readonly state: unknown;
}

export interface Request<Name extends CallName = CallName> {
  readonly id: number;
  readonly call: Name;
  readonly params: Calls[Name]['params'];
}

/** `code`: the system's name of the error (`EADDRINUSE`), else empty. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** What the process gets as its only argument, as JSON. */
export interface ProcessOptions {
  readonly socketPath: string;
  readonly routesFile: string;
  /** The sockets come from a predecessor over IPC. */
  readonly successor: boolean;
  /** The access log and its earlier part are open as {@link ACCESS_FDS}. Absent = no. */
  readonly accessLog?: boolean;
}

/**
 * Opened by whoever starts the process, because it may have given up the right to open them itself; 3 is taken by the
 * channel to a successor.
 */
export const ACCESS_FDS = [4, 5] as const;
