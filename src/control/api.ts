/** What can be asked of a project: the one interface that the CLI (and later the REST API) works through. */
import type { RouterSettings } from '../core/specs.ts';
import type { AccessLogLine } from '../core/access.ts';
import type { Diagnostic } from '../core/diagnostics.ts';
import type { ErrorData } from '../core/errors.ts';
import type { EngineInfo, ExecRequest, ExecSession } from '../engine/engine.ts';
import type { FaasoEvent } from '../core/events.ts';
import type { DiskAnswer, PruneAnswer, PruneFlags } from '../core/disk.ts';
import type { ExplainRequest, Explanation } from '../core/explanation.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectStatus } from '../core/state.ts';
import type { Plan, Reason } from '../core/steps.ts';
import type { FunctionTests } from '../reconcile/test-run.ts';

/** Which project, and whose environment `${VAR}` reads. */
export interface ProjectLocation {
  /** Absolute path of `functions.yml`. */
  readonly file: string;
  /** Absolute paths of further files (`-f`), of which a later one wins. */
  readonly overlays: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Listener = (event: FaasoEvent) => void;

export interface UnplannedFunction {
  readonly function: FunctionName;
  readonly error: ErrorData;
}

export interface PlanAnswer {
  /** Of all functions but those that failed. */
  readonly plan: Plan;
  /** Functions that cannot be built from the files as they are, which an apply would fail with as well. */
  readonly failed: readonly UnplannedFunction[];
  readonly warnings: readonly Diagnostic[];
}

/** A route as one calls it. */
export interface CallableRoute {
  readonly url: string;
  readonly function: FunctionName;
  /** A call that shows what it does, from the function's own tests: the whole URL, and the text of the body. */
  readonly example?: { readonly method: string; readonly url: string; readonly body?: string };
}

/** What a run does. Names are those of functions; an empty list means all. */
export type RunAction =
  /** Brings about what the files say. */
  | { readonly kind: 'apply'; readonly names: readonly string[] }
  /** New instances of what is applied. */
  | { readonly kind: 'restart'; readonly names: readonly string[] }
  /** An earlier release; without a number the last one that served before. */
  | { readonly kind: 'rollback'; readonly name: string; readonly release?: number }
  /** The present value of a secret, for every applied function that uses it. */
  | { readonly kind: 'rotate'; readonly secret: string };

/** How a run ended. A run that could not begin (an invalid file, no engine) rejects instead. */
export interface RunAnswer {
  readonly runId: string;
  readonly failed: readonly FunctionName[];
  readonly changed: readonly FunctionName[];
  readonly unchanged: readonly FunctionName[];
  /** Cancelled before all functions were done. Those in neither list above were not touched. */
  readonly interrupted: boolean;
  /** Where the router listens. */
  readonly url: string;
  /** One per route of the project: what to call. */
  readonly routes: readonly CallableRoute[];
  /** Why nothing answers there, whatever became of the functions; `null`: the router serves. */
  readonly routerDown: RouterDown | null;
  /** Whether this call started a daemon in the background; its pid. */
  readonly daemonStarted: number | null;
}

export interface RouterDown {
  readonly reason: string;
  /** What to do about it; `null`: not known. */
  readonly hint: string | null;
}

/** A release that is kept of a function. */
export interface ReleaseInfo {
  readonly number: number;
  readonly revision: string;
  readonly image: string;
  /** Whether the engine still has that image; `null` when the engine does not answer. */
  readonly imagePresent: boolean | null;
  /** ISO 8601, UTC. */
  readonly appliedAt: string;
  readonly current: boolean;
  /** The release that this one repeats, where a rollback made it. */
  readonly repeats: number | null;
  /** Against the one before; empty where that is not known any more. */
  readonly changes: readonly Reason[];
}

export interface ReleasesAnswer {
  readonly function: FunctionName;
  /** Whether none of them serves because of `faaso down`; the current one is what it took down. */
  readonly takenDown: boolean;
  /** Newest first. */
  readonly releases: readonly ReleaseInfo[];
}

export interface SecretInfo {
  readonly name: string;
  /** ISO 8601, UTC; `null`: a function names it, and it is not set. */
  readonly setAt: string | null;
  /** Who names it, applied or in the files. */
  readonly functions: readonly FunctionName[];
}

export interface SecretSetAnswer {
  readonly name: string;
  /** Whether it had another value before, or none. */
  readonly changed: boolean;
  /** Functions of the files that get it with the next apply. */
  readonly waiting: readonly FunctionName[];
  /** What gave it to the functions that run with it; `null` where none had another value. */
  readonly run: RunAnswer | null;
}

export interface BuildAnswer {
  readonly function: FunctionName;
  readonly image: string;
  readonly revision: string;
  /** Whether it was there already. */
  readonly present: boolean;
  readonly durationMs: number;
}

/** What `faaso adopt` does. */
export interface Adoption {
  readonly project: string;
  readonly root: string;
  /** The folder that has the project. */
  readonly from: string;
  /** What runs from there. */
  readonly functions: readonly FunctionName[];
  /** The pid of its daemon, which ends; `null`: none runs. */
  readonly daemon: number | null;
  /** Whether this folder gets the other's secrets: `kept`, where it has its own. */
  readonly secrets: 'copied' | 'kept' | 'none';
}

export interface DownAnswer {
  readonly instances: number;
  readonly images: number;
  /** Volumes with data. */
  readonly volumes: number;
  readonly daemonStopped: boolean;
}

export interface TestAnswer {
  /** Sorted by name; those without tests too. */
  readonly functions: readonly FunctionTests[];
  /** Cancelled before all tests were done. */
  readonly interrupted: boolean;
}

/** A call of a function, on its instance's own port. */
export interface InvokeRequest {
  readonly name: string;
  readonly method: string;
  /** With query, as it goes over the wire. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Absent = none. `length` in bytes, where it is known. */
  readonly body?: {
    readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    readonly length?: number;
  };
  /** To the first byte of the answer; the same, idle, for the rest. Default: the longest of the function's routes. */
  readonly timeoutMs?: number;
}

/** The head of an answer. */
export interface Invocation {
  readonly status: number;
  readonly statusText: string;
  /** As they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly requestId: string;
  /** To be read once. Rejects with `invocation-failed` where it breaks off, or with the reason of an abort. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface LogsRequest {
  /** Empty = all functions. */
  readonly names: readonly string[];
  readonly follow: boolean;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** How many of the last lines to begin with, for each container; with `grep`, of those that match. */
  readonly tail?: number;
  /** Only lines that match, whatever their colours. Without the flags `g` and `y`. */
  readonly grep?: RegExp;
  /** Only what that release wrote; of one function. */
  readonly release?: number;
}

export interface AccessLogRequest {
  /** Functions; empty = all, and requests that no route led anywhere. */
  readonly names: readonly string[];
  readonly follow: boolean;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** How many of the last lines to begin with; with `grep`, of those that match. */
  readonly tail?: number;
  /** Only lines that match, as they lie in the file. Without the flags `g` and `y`. */
  readonly grep?: RegExp;
}

/** Who reads the access log. */
export interface AccessLogReader {
  readonly onLine: (line: AccessLogLine) => void;
  /** Nothing that is applied writes lines. Called at most once, before any line. */
  readonly onOff: (router: RouterSettings['kind']) => void;
}

export interface FunctionLogLine {
  readonly function: FunctionName;
  readonly release: number;
  readonly stream: 'stdout' | 'stderr';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface DaemonStatus {
  readonly running: boolean;
  readonly pid: number | null;
  readonly version: string | null;
  /** `serve` on a terminal, or started in the background by another verb. */
  readonly mode: 'foreground' | 'background' | null;
  readonly watching: boolean;
  /** ISO 8601, UTC. */
  readonly since: string | null;
  readonly socket: string;
  readonly log: string;
  /** The file that it runs from; absent from a daemon that is not there. */
  readonly program?: string;
}

/** What is served, for a Caddy that goes on without faaso. */
export interface CaddyExport {
  /** Text of a Caddyfile. */
  readonly caddyfile: string;
  /** The same for a program, and as exact as faaso tells it a Caddy of its own. */
  readonly config: CaddyConfig;
  /** What does not come along, a sentence each; in the Caddyfile it stands in the comments. */
  readonly leftBehind: readonly string[];
}

/** A configuration as `caddy run --config` takes it: https://caddyserver.com/docs/json/ */
export interface CaddyConfig {
  readonly apps: Readonly<Record<string, unknown>>;
}

/** All of it rejects with `FaasoError`. Names that no function has reject with `function-unknown`. */
export interface Client {
  plan(names: readonly string[]): Promise<PlanAnswer>;
  /**
   * Does what `action` says, in the daemon; starts one in the background when none runs. At an abort the run is
   * cancelled: what was committed stays, what was not is undone, and the answer says so.
   */
  run(action: RunAction, listener: Listener, signal: AbortSignal): Promise<RunAnswer>;
  build(
    names: readonly string[],
    flags: { readonly noCache: boolean; readonly pull: boolean },
    listener: Listener,
    signal: AbortSignal,
  ): Promise<{ readonly built: readonly BuildAnswer[]; readonly failed: readonly FunctionName[] }>;
  exportContext(name: string, folder: string): Promise<{ readonly folder: string; readonly command: string }>;
  /** By what is served now; works without a daemon and without an engine. Rejects with `function-not-running`. */
  exportCaddy(): Promise<CaddyExport>;
  /** What {@link adopt} would do; `null`: no other folder has a project of this name. */
  adoption(): Promise<Adoption | null>;
  /** Takes the project over from the folder that has it, without a lost request. */
  adopt(adoption: Adoption, listener: Listener, signal: AbortSignal): Promise<RunAnswer>;
  /** `volumes`: with the data that is in them. */
  down(
    flags: { readonly images: boolean; readonly volumes: boolean },
    listener: Listener,
  ): Promise<DownAnswer>;
  /** Removes what nothing needs; where a daemon runs, in turn with its runs. */
  prune(flags: PruneFlags, listener: Listener): Promise<PruneAnswer>;
  disk(): Promise<DiskAnswer>;
  /** Works without a daemon and without an engine too, and says so in the answer. */
  status(): Promise<ProjectStatus>;
  /** Resolves when all logs ended, or at an abort. Lines are in order of time within a function. */
  logs(request: LogsRequest, onLine: (line: FunctionLogLine) => void, signal: AbortSignal): Promise<void>;
  /** The router's log of requests, oldest first. Resolves at its end, or at an abort. Works without a daemon and an engine. */
  accessLog(request: AccessLogRequest, reader: AccessLogReader, signal: AbortSignal): Promise<void>;
  /**
   * Resolves with the head of the answer. Rejects with `function-not-running`, with `invocation-failed`, or at an
   * abort with its reason.
   */
  invoke(request: InvokeRequest, signal: AbortSignal): Promise<Invocation>;
  /** Runs functions' own tests against throw-away instances, from the files as they are. */
  test(names: readonly string[], listener: Listener, signal: AbortSignal): Promise<TestAnswer>;
  /**
   * Runs a program in the instance that serves the function. Rejects with `function-not-running`, or with
   * `start-failed` where the program is not there. Until the session is closed the engine is held.
   */
  exec(name: string, request: ExecRequest): Promise<ExecSession>;
  /** What the router does with a request, by what is applied. Works without a daemon and without an engine too. */
  explain(request: ExplainRequest): Promise<Explanation>;
  engine(): Promise<EngineInfo>;
  /** Works without a daemon. */
  releases(name: string): Promise<ReleasesAnswer>;
  readonly secrets: {
    list(): Promise<readonly SecretInfo[]>;
    /** Sets it, and restarts the applied functions that use it without a gap. What fails goes on with the old value. */
    set(name: string, value: Uint8Array, listener: Listener, signal: AbortSignal): Promise<SecretSetAnswer>;
    /** Rejects with `secret-in-use` while a function names it. */
    remove(name: string): Promise<void>;
  };
  readonly daemon: {
    status(): Promise<DaemonStatus>;
    /** Stops the background daemon; the router goes on serving, functions go on running. `false`: none ran. */
    stop(): Promise<boolean>;
    /** Stops and starts it; returns the new pid. */
    restart(): Promise<number>;
  };
}

/** `faaso serve`. */
export interface ServeOptions {
  readonly watch: boolean;
  readonly mode: 'foreground' | 'background';
  /** Aborts while it starts: what was begun is undone, and it rejects with `interrupted`. */
  readonly signal?: AbortSignal;
}

/** A running control plane. */
export interface Serving {
  /** `null` until a valid configuration was applied. */
  readonly url: string | null;
  readonly routes: RunAnswer['routes'];
  /** Resolves when it ended by itself: told to by `down` or `daemon stop`. */
  readonly ended: Promise<{ readonly reason: string }>;
  /** Ctrl-C: stops accepting, finishes what is in flight, ends the router (`foreground`) or leaves it (`background`). */
  stop(): Promise<void>;
}
