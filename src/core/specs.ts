/**
 * What the files say once every default is filled in: durations in milliseconds, sizes in bytes, paths
 * absolute. Everything here is plain frozen data that survives a round through JSON.
 */
import type { FunctionName, RoutePath } from './names.ts';

/** A project's identity: its name and the folder that its `functions.yml` lies in. */
export interface ProjectIdentity {
  readonly name: string;
  /** Absolute real path. */
  readonly root: string;
}

export interface Project extends ProjectIdentity {
  readonly ports: PortRange;
  readonly router: RouterSettings;
  readonly build: BuildSettings;
  /** Sorted by host and path. */
  readonly routes: readonly Route[];
  /** Sorted by name. */
  readonly functions: readonly FunctionSpec[];
  /** Called when a function fails; absent = nobody is told. */
  readonly onFailure?: FailureHook;
}

/** Who is told of a failure, with the event as JSON: a program on its standard input, or a URL by POST. */
export type FailureHook =
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly timeoutMs: number }
  | { readonly kind: 'url'; readonly url: string; readonly timeoutMs: number };

/** Host ports for instances, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface RouterSettings {
  readonly kind: 'builtin' | 'caddy';
  /** `caddy`: where the admin API of the user's own one is; absent: faaso starts one. */
  readonly admin?: string;
  /** `caddy`: the listener for the hosts that routes name; they get certificates. */
  readonly https?: HttpsSettings;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Addresses or CIDR ranges whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Whether requests get a line in the access log where their route says nothing of it; absent = no. */
  readonly accessLog?: boolean;
  readonly limits?: RouterLimits;
}

/** What the router takes from clients at most; absent = its own default. 0 = no limit. */
export interface RouterLimits {
  /** Connections at once. */
  readonly connections?: number;
  /** Connections at once from one address that is neither this machine's nor a trusted proxy's. */
  readonly connectionsPerAddress?: number;
  /** Bytes a second that the body of a request comes with at least, on average, once the router waited a minute for it. */
  readonly uploadRate?: number;
}

export interface HttpsSettings {
  readonly host: string;
  readonly port: number;
  /** `acme`: a public authority (Let's Encrypt); `internal`: Caddy's own, which clients must be told to trust. */
  readonly issuer: 'acme' | 'internal';
  /** Whom the authority writes to. */
  readonly email?: string;
}

/** What all builds of a project share. */
export interface BuildSettings {
  /** `host`: builds see the host's CA bundle as a secret mount; it never enters an image. */
  readonly caBundle: 'host' | 'none';
  /** Whether builds get the host's proxy variables. */
  readonly proxy: 'host' | 'none';
  /** Extra build arguments. */
  readonly args: Readonly<Record<string, string>>;
  /** Replacements of base images: image named by a runtime → image to use. */
  readonly bases: Readonly<Record<string, string>>;
}

/** A URL prefix that leads to a function. */
export interface Route {
  /** Lower case, without port; absent = any host. */
  readonly host?: string;
  readonly path: RoutePath;
  readonly function: FunctionName;
  /** Absent = all methods. */
  readonly methods?: readonly string[];
  readonly stripPrefix: boolean;
  /** To the first byte of the answer; the same, idle, for the rest. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Absent = anybody. */
  readonly auth?: RouteAuth;
  /** Absent = as many as come. */
  readonly concurrency?: Concurrency;
  /** Absent = as often as they come. */
  readonly rateLimit?: RateLimit;
  /** `false`: answered only for callers of this machine. */
  readonly public?: false;
  /** Absent = as the router says. */
  readonly accessLog?: boolean;
}

/** Who may call a route: names of clients → what proves them. */
export interface RouteAuth {
  /** SHA-256 of an API key, 64 hexadecimal digits. */
  readonly keys: Readonly<Record<string, string>>;
  /** Password hashes as `core/passwords.ts` writes them. */
  readonly basic: Readonly<Record<string, string>>;
}

/** How many requests a route takes at once. */
export interface Concurrency {
  readonly requests: number;
  /** How many more may wait for their turn. */
  readonly queue: number;
  /** How long one waits at most. */
  readonly waitMs: number;
}

/** How often a route may be called. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
  /** Whose calls count together: those of one address, or of one name in `auth`. */
  readonly by: 'client' | 'key';
}

export interface FunctionSpec {
  readonly name: FunctionName;
  readonly description: string;
  readonly source: Source;
  readonly container: ContainerSpec;
  /** Run against a new instance before any route moves to it. */
  readonly tests: readonly TestCase[];
}

/** Where a function's image comes from. */
export type Source = FolderSource | ImageSource;

export interface FolderSource {
  readonly kind: 'folder';
  /** Absolute real path of the function's folder. */
  readonly folder: string;
  readonly runtime: RuntimeSpec;
  readonly packages: { readonly build: readonly string[]; readonly run: readonly string[] };
  /** Further files for the context, from inside the project. */
  readonly files: readonly FileCopy[];
  /** Absolute paths of the project's env files: wherever they lie, they never enter an image. */
  readonly envFiles?: readonly string[];
  /** The runtime's options with their defaults, as build arguments get them. */
  readonly options: Readonly<Record<string, string>>;
}

export interface ImageSource {
  readonly kind: 'image';
  readonly image: string;
}

/** `from`: a path or glob relative to the function's folder, inside the project. `to`: relative to the folder in the context. */
export interface FileCopy {
  readonly from: string;
  /** Absent: the same relative path as `from`, which then lies inside the function's folder. */
  readonly to?: string;
}

/** A folder `templates/<runtime>/`. */
export interface RuntimeSpec {
  readonly name: string;
  readonly description: string;
  /** Absolute path of the template. */
  readonly folder: string;
  /** Candidates of each base image: the first that the engine has wins, else the first is pulled. */
  readonly bases: { readonly build: readonly string[]; readonly run: readonly string[] };
  readonly options: Readonly<Record<string, RuntimeOption>>;
  /** Of each group at least one must exist in the function's folder. */
  readonly required: readonly (readonly string[])[];
}

export type RuntimeOption =
  | {
      readonly type: 'string';
      readonly default: string;
      readonly pattern: string;
      readonly description: string;
    }
  | {
      readonly type: 'integer';
      readonly default: number;
      readonly minimum: number;
      readonly maximum: number;
      readonly description: string;
    }
  | { readonly type: 'boolean'; readonly default: boolean; readonly description: string };

/** What a container is started with. Its hash, with the revision, decides whether an instance is up to date. */
export interface ContainerSpec {
  /** The port that the process listens on inside the container; it gets it as `PORT`. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  /** Absolute paths that get a writable tmpfs. */
  readonly writable: readonly string[];
  /**
   * Secrets by name, each a file under `/run/secrets`. The value is a fingerprint (keyed hash) of the secret's value,
   * so that a rotation changes the spec; it is empty while the secret is not set.
   */
  readonly secrets: Readonly<Record<string, string>>;
  /** Existing networks to join besides the project's own, sorted. */
  readonly networks: readonly string[];
  /** Named volume of the project → absolute path in the container. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly isolation: 'runc' | 'gvisor';
  readonly health: HealthSpec;
}

export interface Limits {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly pids: number;
  /** Size of `/tmp`. */
  readonly tmpBytes: number;
}

export interface HealthSpec {
  readonly path: string;
  /** `2xx`: only a 2xx answer is healthy; `any`: any HTTP answer is. */
  readonly expect: '2xx' | 'any';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that make an instance unhealthy. */
  readonly retries: number;
  /** Raises the deploy timeout for functions that start slowly. */
  readonly startPeriodMs: number;
}

/** A request and what its answer must be. */
export interface TestCase {
  readonly name: string;
  readonly request: {
    readonly method: string;
    /** With query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Text of the body; JSON was written out already. */
    readonly body?: string;
  };
  readonly expect: {
    readonly status: number;
    /** Every key named here must be equal; header names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly json?: unknown;
    /** The whole body as text. */
    readonly body?: string;
  };
  readonly timeoutMs: number;
}
