/** What `faaso explain` answers. */
import type { Place } from './diagnostics.ts';
import type { FunctionName } from './names.ts';
import type { Concurrency, RateLimit } from './specs.ts';
import type { FunctionState } from './state.ts';

/** How an instance answered a health probe. */
export interface ProbeReport {
  readonly healthy: boolean;
  readonly detail: string;
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface ExplainRequest {
  /** Host, with a port where one was named; absent: that of the router. */
  readonly authority?: string;
  readonly scheme: 'http' | 'https';
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly method: string;
}

/** A route as it was applied. */
export interface ExplainedRoute {
  readonly host: string | null;
  readonly path: string;
  /** `null`: all. */
  readonly methods: readonly string[] | null;
  readonly function: FunctionName;
}

/** What the router does with a request. */
export interface Explanation {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  /** The router's own answer; `null`: the function answers. */
  readonly answer: {
    /** `null`: none, as where the TLS handshake fails. */
    readonly status: number | null;
    readonly code: string;
    readonly why: string;
  } | null;
  readonly route: ChosenRoute | null;
  /** Without a route those that come nearest; for a wrong method those of the place. */
  readonly nearest: readonly ExplainedRoute[];
  readonly function: ExplainedFunction | null;
  /** What the function gets: the path and query that it sees, and headers that the router sets. */
  readonly upstream: { readonly target: string; readonly headers: Readonly<Record<string, string>> } | null;
  readonly limits: {
    readonly timeoutMs: number;
    readonly maxBodyBytes: number;
    readonly memoryBytes: number;
    readonly cpus: number;
  } | null;
  /** Who may call, and how often; `null`: anybody, as often as they like. */
  readonly protection: ExplainedProtection | null;
  /** What is answered while the function is down. */
  readonly ifDown: string | null;
  /** What else is worth knowing, the most important first. */
  readonly notes: readonly string[];
}

/** What stands before a route. Names of clients, never their hashes. */
export interface ExplainedProtection {
  /** `null`: no credentials are needed. */
  readonly auth: {
    readonly keys: readonly string[];
    readonly users: readonly string[];
    /** What a caller without credentials gets. */
    readonly others: RouterAnswer;
  } | null;
  /** `false`: only callers of this machine; others get `outside`. */
  readonly public: boolean;
  readonly outside: RouterAnswer | null;
  readonly concurrency: Concurrency | null;
  readonly rateLimit: RateLimit | null;
}

interface RouterAnswer {
  readonly status: number;
  readonly code: string;
}

interface ChosenRoute extends ExplainedRoute {
  readonly stripPrefix: boolean;
  /** Where it is written; `null` where the files say it no more. */
  readonly place: Place | null;
  /** The other routes whose prefix the path has, which it comes before. */
  readonly before: readonly ExplainedRoute[];
}

export interface ExplainedFunction {
  readonly name: FunctionName;
  readonly release: number;
  readonly revision: string;
  /** `unknown`: neither a daemon nor an engine answers. */
  readonly state: FunctionState | 'unknown';
  /** Why the state is not `running`; empty when it is. */
  readonly reason: string;
  readonly instance: string | null;
  readonly port: number | null;
  /** `null`: not probed yet, or no daemon runs. */
  readonly probe: ProbeReport | null;
}
