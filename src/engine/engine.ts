/**
 * The contract with whatever runs containers. Implementations: `docker/` and `memory.ts`; both pass
 * `test/contract/engine`. Every call has a deadline and rejects with a {@link FaasoError}: `engine-unreachable`,
 * `engine-timeout`, or the code named at the call; anything else that the engine refuses is `engine-error`.
 */
import type { FunctionName, InstanceId } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Instance, Purpose, Release } from '../core/state.ts';

export interface EngineInfo {
  /** As a person would name it: `Docker Engine 20.10.24`. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Names of the OCI runtimes that the engine has: `runc`, `runsc`. */
  readonly runtimes: readonly string[];
  /** Whether containers outlive the engine. */
  readonly liveRestore: boolean;
  /** Where the engine keeps images and volumes: an absolute path on this host. */
  readonly dataRoot: string;
  /** Whether it builds with BuildKit, without which nothing can be built. */
  readonly buildKit: boolean;
  /** Whether it is a node of a swarm. */
  readonly swarm: boolean;
  /** The engine's clock: milliseconds since 1970. */
  readonly systemTime: number;
}

/** What of ours is on the engine, whatever its labels say, and who else uses the engine. */
export interface Traces {
  readonly containers: readonly ContainerTrace[];
  readonly networks: readonly NetworkTrace[];
  /** How many running containers are not ours. */
  readonly strangers: number;
}

/** A container with our labels; it may have been started by hand. */
export interface ContainerTrace {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
  /** Host addresses that lead to it while it runs. */
  readonly published: readonly { readonly address: string; readonly port: number }[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A network with our labels. */
export interface NetworkTrace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The host's device of it: `br-0123456789ab`. */
  readonly device: string;
  /** Addresses under which its containers reach the host. */
  readonly gateways: readonly string[];
  /** Whether a container, running or not, is joined to it. */
  readonly inUse: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The OCI runtime of gVisor, as engines are told of it. */
export const GVISOR_RUNTIME = 'runsc';

/** A volume with our labels. */
export interface VolumeSummary {
  /** The engine's name of it. */
  readonly name: string;
  readonly project: ProjectIdentity;
  /** `data`: named in functions.yml, kept; `secrets`: of one instance, and gone with it. */
  readonly kind: 'data' | 'secrets';
  /** As functions.yml names it; empty for `secrets`. */
  readonly volume: string;
  /** Whether a container, running or not, mounts it. */
  readonly inUse: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Bytes on the engine's disk of what is ours. */
export interface DiskUsage {
  /** By image id; layers that several images share count once for each of them in `sizeBytes`, and not in `uniqueBytes`. */
  readonly images: Readonly<Record<string, { readonly sizeBytes: number; readonly uniqueBytes: number }>>;
  /** By instance: what it wrote outside of its volumes. */
  readonly instances: Readonly<Record<InstanceId, number>>;
  /** By the engine's name of the volume. */
  readonly volumes: Readonly<Record<string, number>>;
}

export interface ExecRequest {
  readonly command: readonly string[];
  /** A terminal of that size; absent = none, and stdout and stderr stay apart. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** A program that runs in an instance. */
export interface ExecSession {
  /** Ends when the program has ended. With a terminal all is `stdout`. */
  readonly output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }>;
  write(data: Uint8Array): void;
  /** Ends the program's standard input. */
  end(): void;
  resize(terminal: { readonly columns: number; readonly rows: number }): Promise<void>;
  /** Resolves with its exit code once it has ended. */
  exitCode(): Promise<number>;
  /** Lets go of it; a program that reads its standard input sees the end, and one at a terminal Ctrl-C and Ctrl-D. */
  close(): void;
}

/** An image as a list of many says it. */
export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly createdAt: number;
}

export interface ImageInfo extends ImageSummary {
  /** Hash of layers and configuration: equal for equal content whatever the id (importing one tar twice gives two ids). */
  readonly identity: string;
}

/** What an instance says of itself in its labels. */
export type InstanceIdentity = Pick<
  Instance,
  'project' | 'purpose' | 'function' | 'revision' | 'specHash' | 'port' | 'release'
>;

/** Selects by label only; absent fields match everything that is managed by faaso. */
export interface Selector {
  readonly project?: string;
  readonly root?: string;
  readonly function?: FunctionName;
}

export interface StartRequest {
  readonly project: ProjectIdentity;
  readonly release: Release;
  /** What the container is made of where that is not what `release.image` leads to: a tag may have moved. */
  readonly image?: string;
  /** Host port, bound on 127.0.0.1. */
  readonly port: number;
  /** 0 for the first container of a release; makes the name unique after that. */
  readonly attempt: number;
  /** Default: `serve`. */
  readonly purpose?: Purpose;
  /** Values of the secrets that the release's spec names. They reach the container as files and nothing else. */
  readonly secrets?: Readonly<Record<string, Uint8Array>>;
}

export interface BuildRequest {
  /** A tar stream of the context with its `Dockerfile`. */
  readonly context: AsyncIterable<Uint8Array>;
  /** Full reference of the result. */
  readonly tag: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** BuildKit secret id → content. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  readonly noCache: boolean;
  readonly pull: boolean;
}

export interface BuildResult {
  readonly imageId: string;
  /** Whether every step came from the cache. */
  readonly cached: boolean;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Milliseconds since 1970; only later lines. */
  readonly since?: number;
  /** How many of the last lines to begin with; absent = all. */
  readonly tail?: number;
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export type EngineEvent =
  /** The stream is (again) complete from here on: whatever was known before must be read anew. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly detail: string }
  | {
      readonly kind: 'instance';
      readonly id: InstanceId;
      readonly project: ProjectIdentity;
      readonly function: FunctionName;
      readonly change: 'created' | 'started' | 'died' | 'oom' | 'paused' | 'resumed' | 'removed';
    };

export interface Engine {
  readonly kind: 'docker' | 'memory';
  /** Also checks that the engine is local and new enough: `engine-unsupported`. */
  info(): Promise<EngineInfo>;

  /** `undefined` when the engine has no such image. */
  image(reference: string): Promise<ImageInfo | undefined>;
  /** Images that carry our labels. */
  images(selector: Selector): Promise<readonly ImageSummary[]>;
  /** Rejects with `image-missing` when the registry has none or does not answer. */
  pull(reference: string, signal: AbortSignal): Promise<ImageInfo>;
  /** Rejects with `build-failed` (details: the log's last lines; message names the failing step) or, after an abort, with the signal's reason, the build having been cancelled in the engine. */
  build(request: BuildRequest, onLine: (line: string) => void, signal: AbortSignal): Promise<BuildResult>;
  /**
   * Removes a tag, and the image when no tag is left; by id, an image that has one tag or none. Nothing happens when
   * it is absent, in use or not ours.
   */
  removeImage(reference: string): Promise<void>;

  /** All instances of the selector, in any state. */
  instances(selector: Selector): Promise<readonly Instance[]>;
  instance(id: InstanceId): Promise<Instance | undefined>;
  /** What the labels of all instances of the selector say, in any state: one request, however many there are. */
  identities(selector: Selector): Promise<readonly InstanceIdentity[]>;
  /**
   * Creates and starts a container, with its volumes of secrets and data where its spec names any. Rejects with
   * `port-taken`, `image-missing`, `network-missing`, `isolation-missing` or `start-failed`; it leaves no container
   * and no volume of secrets behind then.
   */
  start(request: StartRequest): Promise<Instance>;
  /** Starts an instance again that exited, on the same port. Rejects as {@link start}, leaving the container exited. */
  startAgain(id: InstanceId): Promise<Instance>;
  /** SIGTERM, after `graceMs` SIGKILL; nothing happens when it is stopped or gone. */
  stop(id: InstanceId, graceMs: number): Promise<void>;
  /** Removes a stopped or running instance with its anonymous volumes and its secrets; nothing happens when it is gone. */
  remove(id: InstanceId): Promise<void>;
  /** Ends when the instance ends or is gone, when `follow` is off, or at an abort. */
  logs(id: InstanceId, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Never ends before an abort; reconnects by itself with back-off. Its first item is `connected` or `disconnected`. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;

  /** What of ours is there, broken labels included. Volumes and images: {@link volumes}, {@link images}. */
  traces(): Promise<Traces>;

  /**
   * Runs a program in a running instance, as the user of its image. Rejects with `function-not-running` when it does
   * not run, `start-failed` when the program is not there or cannot be run.
   */
  exec(id: InstanceId, request: ExecRequest): Promise<ExecSession>;

  /**
   * Volumes with our labels. Those of a project that was moved or adopted keep the root they were made under, so a
   * project's are selected by its name.
   */
  volumes(selector: Selector): Promise<readonly VolumeSummary[]>;
  /** Removes a volume of ours; nothing happens when it is absent, in use or not ours. */
  removeVolume(name: string): Promise<void>;
  /** What of ours lies on the engine's disk. May take seconds. */
  diskUsage(selector: Selector): Promise<DiskUsage>;

  /** Removes the project's network; nothing happens when it is absent or in use. `start` makes it when needed. */
  removeNetwork(project: ProjectIdentity): Promise<void>;
  close(): void;
}
