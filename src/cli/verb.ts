/** What a verb is: data from which the parser, the help and the README's tables are made; and what its code gets. */
import type { Client, Listener, ProjectLocation, ServeOptions, Serving } from '../control/api.ts';
import type { Begin } from '../control/begin/api.ts';
import type { Asked } from '../control/project.ts';
import type { DoctorAnswer } from '../core/finding.ts';
import type { Io } from './io.ts';
import type { Paint } from './render/paint.ts';

export interface Argument {
  /** As in the usage line: `NAME`. */
  readonly name: string;
  readonly description: string;
  readonly arity: 'required' | 'optional' | 'many';
}

export interface Option {
  /** As in the help: `-f, --follow` or `--since <time>`. */
  readonly flags: string;
  readonly description: string;
  /** Whether it may be given several times. */
  readonly many?: true;
}

interface Example {
  readonly line: string;
  readonly about: string;
}

export type VerbName =
  | 'init'
  | 'new'
  | 'runtimes'
  | 'validate'
  | 'serve'
  | 'apply'
  | 'plan'
  | 'build'
  | 'export'
  | 'down'
  | 'prune'
  | 'adopt'
  | 'restart'
  | 'releases'
  | 'rollback'
  | 'secret set'
  | 'secret list'
  | 'secret rm'
  | 'status'
  | 'logs'
  | 'test'
  | 'invoke'
  | 'shell'
  | 'explain'
  | 'daemon status'
  | 'daemon stop'
  | 'daemon restart'
  | 'doctor'
  | 'setup'
  | 'hash key'
  | 'hash password'
  | 'schema'
  | 'version'
  | 'help';

export interface Verb {
  /** One word, or two for a verb of a group: `daemon stop`. */
  readonly name: VerbName;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What else is worth knowing before using it. */
  readonly description: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

export interface VerbModule {
  /** Returns the exit code; throws `FaasoError`. */
  readonly run: (call: Call) => Promise<number>;
}

/** One use of a verb. */
export interface Call {
  readonly io: Io;
  readonly args: readonly string[];
  /** Whether the flag was given: `--pull`, `--no-cache`. */
  readonly flag: (name: string) => boolean;
  /** The option's value: `--since`. */
  readonly value: (name: string) => string | undefined;
  /** The values of an option that may be given several times, in their order. */
  readonly values: (name: string) => readonly string[];
  readonly json: boolean;
  /** Colours for stdout. */
  readonly paint: Paint;
  /** Colours for stderr. */
  readonly errPaint: Paint;
  /** Project files named with `-f`. */
  readonly files: readonly string[];
  /** `faaso …` to be typed next, for the project that this call is about. */
  readonly command: (...args: readonly string[]) => string;
  /** The project of `-f`, `-C` or of this folder; rejects with `project-missing`. */
  readonly locate: () => Promise<ProjectLocation>;
  /** The client of that project. */
  readonly client: () => Promise<Client>;
  readonly backend: Backend;
}

/** The rest of faaso, as the CLI uses it. Each part is loaded at its first use. */
export interface Backend {
  locate(asked: Asked, env: Io['env']): Promise<ProjectLocation>;
  createClient(location: ProjectLocation): Promise<Client>;
  serve(location: ProjectLocation, options: ServeOptions, listener: Listener): Promise<Serving>;
  /** Looks at host, engine and, where there is one, the project. */
  doctor(location: ProjectLocation | undefined, env: Io['env']): Promise<DoctorAnswer>;
  /** What is done with files alone. */
  begin(): Promise<Begin>;
  /** The published JSON Schema of a file. */
  schema(name: SchemaName): Promise<unknown>;
}

export const SCHEMA_NAMES = ['functions', 'metadata', 'runtime'] as const;
type SchemaName = (typeof SCHEMA_NAMES)[number];
