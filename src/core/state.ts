/** The three states: desired (see specs.ts), applied (here), observed (here). Plain data. */
import type { Reason } from './steps.ts';
import type { FunctionName, InstanceId, Revision } from './names.ts';
import type {
  ContainerSpec,
  FailureHook,
  PortRange,
  ProjectIdentity,
  Route,
  RouterSettings,
} from './specs.ts';

/** Revision + container spec + routes of one function: what was, is or will be served. */
export interface Release {
  /** Counts up per function, from 1. */
  readonly number: number;
  readonly function: FunctionName;
  readonly revision: Revision;
  /** Reference that instances start from: our tag, or the user's image. */
  readonly image: string;
  /** Of the user's image: the one that the reference led to when it was applied. */
  readonly imageId?: string;
  readonly spec: ContainerSpec;
  /** Hash of `spec`. */
  readonly specHash: string;
  readonly routes: readonly Route[];
  /** Set by a rollback: the release holds against the files. */
  readonly pin?: Pin;
}

/** Why a release stays although the files say something else. */
export interface Pin {
  /** The number of the release that this one repeats. */
  readonly of: number;
  /** What the files asked for when it was left ({@link desiredKey}). As long as they ask for that, the pin holds. */
  readonly left: string;
}

/** A release that was committed. */
export interface AppliedRelease extends Release {
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  /** What went into the image: input → hash. Says which file changed. Empty when rebuilt from labels. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What changed against the release before, for when that is not kept any more. Absent when rebuilt from labels. */
  readonly changes?: readonly Reason[];
  /**
   * What the files asked for ({@link desiredKey}), where this is something else: the release has to hold a path until
   * the function that it goes to has a release which serves it.
   */
  readonly asked?: string;
}

/** What the last successful `apply` of one function accepted. */
export interface AppliedFunction {
  readonly current: AppliedRelease;
  /** Earlier releases that served, newest first. With `current` they have three contents (image and container spec) at most. */
  readonly earlier: readonly AppliedRelease[];
}

/** Which project files an apply read: relative to the root where they lie in it. */
export interface ProjectFiles {
  /** The first; absent = `functions.yml`. */
  readonly file?: string;
  /** Further ones (`-f`), in their order. */
  readonly overlays: readonly string[];
}

/** The whole applied state of a project; one file. */
export interface Applied extends ProjectIdentity, ProjectFiles {
  readonly format: 1;
  /** Counts up with every commit. */
  readonly generation: number;
  readonly ports: PortRange;
  readonly router: RouterSettings;
  /** Variables that `${VAR}` took from the environment of `apply`, with the values they had. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onFailure?: FailureHook;
  readonly functions: Readonly<Record<string, AppliedFunction>>;
  /** Functions that `faaso down` took down and that were not applied since: their releases, and what a rollback holds. */
  readonly takenDown?: Readonly<Record<string, AppliedFunction>>;
}

/** What the engine says of one container. */
export type InstanceStatus =
  | { readonly kind: 'created' }
  | { readonly kind: 'running'; readonly startedAt: number }
  | { readonly kind: 'paused' }
  | {
      readonly kind: 'exited';
      readonly exitCode: number;
      readonly oomKilled: boolean;
      readonly finishedAt: number;
      /** The engine's own error, as when a port could not be bound. */
      readonly error?: string;
    };

/** `serve`: the reconciler's; `test`: a throw-away one of `faaso test`, which no route ever leads to. */
export type Purpose = 'serve' | 'test';

/** One container of one release. */
export interface Instance {
  readonly purpose: Purpose;
  readonly id: InstanceId;
  /** The container's name, for people only. */
  readonly name: string;
  readonly project: ProjectIdentity;
  readonly function: FunctionName;
  readonly revision: Revision;
  readonly specHash: string;
  /** From the label; absent when the label is unreadable. */
  readonly release?: Release;
  readonly imageId: string;
  /** The host port of the label. */
  readonly port: number;
  /** Whether the engine really publishes `port` to this container; always `false` unless running. */
  readonly portBound: boolean;
  readonly status: InstanceStatus;
  readonly createdAt: number;
}

/** The state of a function that users see. */
export type FunctionState =
  'building' | 'starting' | 'running' | 'unhealthy' | 'restarting' | 'crash-looping' | 'failed' | 'stopped';

/** How a function failed in the last apply that tried it. */
interface FailedApply {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Where it failed: `build-image`, `await-healthy`. */
  readonly step: string;
  readonly message: string;
}

export interface FailedFunction extends FailedApply {
  readonly function: FunctionName;
}

/** One row of `faaso status`. */
export interface FunctionStatus {
  readonly name: FunctionName;
  readonly state: FunctionState;
  /** Why the state is not `running`; empty when it is. */
  readonly reason: string;
  /** Paths with host where one is set: `/sum`, `example.org/sum`. */
  readonly routes: readonly string[];
  readonly runtime: string;
  readonly revision: string;
  readonly release: number;
  /** The release that a rollback went back to and that is held against the files; `null`: none. */
  readonly pinned: number | null;
  readonly instance: string | null;
  readonly port: number | null;
  readonly restarts: number;
  /** Why the daemon restarted it last, and when that began (ISO 8601, UTC); `null`: since the daemon began it has not. */
  readonly lastRestart: { readonly at: string; readonly reason: string } | null;
  /** The last apply, where the function failed in it; what was applied before runs on. */
  readonly failedApply: FailedApply | null;
  /** ISO 8601, UTC; when the state began. */
  readonly since: string | null;
  /** What differs on disk from what is applied; empty when nothing does. */
  readonly changed: readonly string[];
}

/** The answer to `faaso status`. */
export interface ProjectStatus {
  readonly project: string;
  readonly root: string;
  /** What it is compared with, absolute: the files of the last apply; before it, those that were asked for. */
  readonly files: readonly string[];
  readonly control: {
    readonly state: 'running' | 'stopped';
    readonly socket: string;
    readonly pid: number | null;
    readonly since: string | null;
  };
  readonly router: {
    readonly kind: string;
    readonly listen: string;
    /** Where it takes HTTPS for the hosts that routes name, `host:port`; `null`: nowhere. */
    readonly https: string | null;
    /** `serving`, or `down: …` or `out of date: …` with the reason. */
    readonly state: string;
    /** What to do where it is down; `null`: nothing is known to help, or nothing has to. */
    readonly hint: string | null;
  };
  readonly engine: { readonly state: 'connected' | 'unreachable'; readonly detail: string };
  readonly functions: readonly FunctionStatus[];
  /** Settings of the project as a whole that differ on disk from what is applied, as `faaso plan` names them. */
  readonly changed: readonly string[];
  /** Problems that need a person: an invalid file, an unreachable engine. */
  readonly problems: readonly string[];
}
