/** What is done before there is a project that runs, or beside it: with files alone, without daemon and engine. */
import type { Diagnostic } from '../../core/diagnostics.ts';
import type { RuntimeSpec } from '../../core/specs.ts';
import type { ProjectLocation } from '../api.ts';

/** A runtime as `faaso runtimes` tells of it. */
export interface RuntimeAnswer extends RuntimeSpec {
  /** `faaso`: it came with faaso. `project`: it lies in the project's own `templates/`. */
  readonly from: 'faaso' | 'project';
}

export interface RuntimesAnswer {
  /** Sorted by name. */
  readonly runtimes: readonly RuntimeAnswer[];
  /** Problems of a runtime.yml, whose runtime is missing above. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What `faaso init` takes where nothing else is said. */
export interface InitDefaults {
  /** Absolute path of the folder that becomes a project. */
  readonly root: string;
  readonly name: string;
  readonly function: string;
  readonly runtime: string;
  readonly runtimes: readonly RuntimeAnswer[];
  /** `127.0.0.1:8080`, or the next port that is free. */
  readonly listen: string;
  /** The port that was wanted and is in use; absent when it was free. */
  readonly busyPort?: number;
  /** The folder of the project that the new one would lie in, where there is one. */
  readonly inside?: string;
}

export interface InitRequest {
  readonly root: string;
  readonly name: string;
  readonly function: string;
  readonly runtime: string;
  readonly listen: string;
}

export interface InitAnswer extends InitRequest {
  /** What was written, relative to `root`. */
  readonly files: readonly string[];
  /** What to call after an apply. */
  readonly url: string;
}

export interface NewRequest {
  readonly name: string;
  readonly runtime: string;
  /** Where it is served; `null` = nowhere, `undefined` = at its name. */
  readonly path: string | null | undefined;
}

export interface NewAnswer {
  readonly function: string;
  readonly runtime: string;
  /** What was written, relative to the project's folder. */
  readonly files: readonly string[];
  /** The route to the function; `null` when none was asked for. */
  readonly route: string | null;
  /** The file that got the route, relative to the project's folder; `null` when the route was there or none was asked for. */
  readonly edited: string | null;
}

export interface ValidateAnswer {
  readonly valid: boolean;
  /** How many the files name; `null` when they could not be read so far. */
  readonly functions: number | null;
  readonly routes: number | null;
  /** Errors and warnings, in the order of the files. */
  readonly diagnostics: readonly Diagnostic[];
}

/** All of it rejects with `FaasoError`. */
export interface Begin {
  runtimes(location: ProjectLocation | undefined): Promise<RuntimesAnswer>;
  /** One of them; rejects with `runtime-unknown`. */
  runtime(location: ProjectLocation | undefined, name: string): Promise<RuntimeAnswer>;
  /** Rejects with `file-exists` where a project is already. */
  initDefaults(folder: string): Promise<InitDefaults>;
  /** Writes a project. Rejects with `file-exists` or `usage`, and leaves nothing behind then. */
  init(request: InitRequest): Promise<InitAnswer>;
  /**
   * Writes a function and its route. Rejects with `file-exists`, `runtime-unknown` or `usage`; and with
   * `config-invalid` when the function is written and a person has to write the route.
   */
  addFunction(location: ProjectLocation, request: NewRequest): Promise<NewAnswer>;
  validate(location: ProjectLocation): Promise<ValidateAnswer>;
}
