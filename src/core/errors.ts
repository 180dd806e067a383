/**
 * The catalogue of errors. A code is stable: scripts and the HTTP API depend on it, and the README's table is
 * checked against this file.
 */
import type { Diagnostic } from './diagnostics.ts';
import { certainFileProblem } from './file-problem.ts';

export interface ErrorKind {
  /** Who can mend it: the one who typed, or the one who runs the machine. */
  readonly blame: 'user' | 'system';
  /** The process's exit code. */
  readonly exit: 1 | 2 | 3;
  /** Status over the control API. */
  readonly http: number;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  readonly meaning: string;
}

const kind = (
  blame: 'user' | 'system',
  exit: 1 | 2 | 3,
  http: number,
  retryable: boolean,
  meaning: string,
): ErrorKind => ({
  blame,
  exit,
  http,
  retryable,
  meaning,
});

export const ERRORS = {
  'config-invalid': kind(
    'user',
    2,
    422,
    false,
    'functions.yml, a metadata.yml or a runtime.yml has a problem',
  ),
  'project-missing': kind('user', 2, 404, false, 'no functions.yml here or in a folder above'),
  'project-taken': kind('user', 2, 409, false, 'another folder runs a project of the same name'),
  'project-renamed': kind(
    'user',
    2,
    409,
    false,
    'the name in functions.yml changed while the old name is applied',
  ),
  'function-unknown': kind('user', 2, 404, false, 'no function of that name'),
  'runtime-unknown': kind('user', 2, 404, false, 'no runtime of that name'),
  'release-unknown': kind('user', 2, 404, false, 'no such release of the function is kept'),
  'file-unwritable': kind('system', 1, 500, false, 'a file or folder of the project cannot be written'),
  'file-exists': kind('user', 2, 409, false, 'a file or folder is there already'),
  'secret-missing': kind('user', 3, 422, false, 'a secret that a function names is not set'),
  'secret-in-use': kind('user', 2, 409, false, 'a secret that is to be removed is used by a function'),
  'network-missing': kind('user', 3, 404, true, 'a network that a function joins does not exist'),
  'isolation-missing': kind('user', 3, 501, false, "the engine does not have a function's isolation"),
  'function-not-running': kind('user', 3, 503, true, 'no instance of the function runs'),
  'invocation-failed': kind('user', 3, 502, true, 'a function did not answer a call'),
  usage: kind('user', 2, 400, false, 'the command line is wrong'),
  'build-failed': kind('user', 3, 422, false, "a function's image could not be built"),
  'context-invalid': kind(
    'user',
    3,
    422,
    false,
    "a function's folder holds something that may not enter a build",
  ),
  'image-missing': kind('user', 3, 404, true, 'an image is not on the engine and could not be pulled'),
  'start-failed': kind('user', 3, 502, true, 'a container could not be created or started'),
  'instance-exited': kind('user', 3, 502, true, 'the new instance ended before it was healthy'),
  'instance-unhealthy': kind('user', 3, 502, true, 'the new instance was not healthy in time'),
  'test-failed': kind('user', 3, 422, false, "a function's own test failed against the new instance"),
  'functions-failed': kind('user', 3, 422, false, 'some functions could not be applied; the others were'),
  'ports-exhausted': kind('user', 3, 507, true, 'no host port of the range is free'),
  'port-taken': kind('system', 1, 409, true, 'a host port is in use by another program'),
  'listen-failed': kind('system', 1, 409, true, "the router's address cannot be listened on"),
  'engine-unreachable': kind('system', 1, 503, true, 'no container engine answers'),
  'engine-unsupported': kind('system', 1, 501, false, 'the engine is remote, too old or has no BuildKit'),
  'engine-timeout': kind('system', 1, 504, true, 'the engine did not answer in time'),
  'engine-error': kind('system', 1, 502, true, 'the engine refused a call'),
  'setup-failed': kind('system', 1, 503, true, 'the engine or the base images could not be set up'),
  'no-space': kind('system', 1, 507, true, 'a disk is full'),
  'daemon-running': kind('user', 2, 409, false, 'another daemon serves this project'),
  'daemon-unreachable': kind('system', 1, 503, true, 'the daemon does not answer'),
  'daemon-start-failed': kind('system', 1, 503, true, 'the daemon could not be started'),
  'state-unreadable': kind('system', 1, 500, false, 'the state under .faaso/ cannot be read or written'),
  'router-unreachable': kind('system', 1, 503, true, 'the data plane does not answer'),
  'hook-failed': kind('user', 1, 502, true, 'on_failure could not be told of an event'),
  'router-unsupported': kind('system', 1, 501, false, 'the Caddy of this host is missing or too old'),
  'router-refused': kind(
    'system',
    1,
    502,
    true,
    'the configuration was refused by Caddy; the last one stays',
  ),
  interrupted: kind('user', 1, 409, true, 'the run was cancelled'),
  internal: kind('system', 1, 500, false, 'a defect in faaso'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorOptions {
  /** Further lines: log lines, the last probe's answer. */
  readonly details?: readonly string[];
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly diagnostics?: readonly Diagnostic[];
}

/** The only error that faaso throws on purpose. `message` says what went wrong, subject first, no full stop. */
export class FaasoError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FaasoError';
    this.code = code;
    this.details = options.details ?? [];
    this.hint = options.hint;
    this.diagnostics = options.diagnostics ?? [];
  }

  get kind(): ErrorKind {
    return ERRORS[this.code];
  }
}

/** An error as data: what `--json` prints and the control API sends. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | null;
  readonly where: readonly Diagnostic[];
}

/** The code of a system error, as `ENOENT`; `undefined` for every other error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns anything thrown into a {@link FaasoError}; what is neither one nor the machine's becomes `internal`. */
export function toFaasoError(error: unknown): FaasoError {
  if (error instanceof FaasoError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  if ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')) {
    return new FaasoError('no-space', `no space left on the disk (${cause.message})`, {
      cause,
      hint: 'see which one is full, and of what (bytes: df -h, files: df -i), and free some',
    });
  }
  const problem = certainFileProblem(cause);
  if (problem !== undefined) {
    const { path = 'a file', cannotBe, reason } = problem;
    return new FaasoError('file-unwritable', `${path} cannot be ${cannotBe}: ${reason}`, {
      cause,
      hint: 'mend that, or run faaso as a user who may, then run this again',
    });
  }
  return new FaasoError('internal', cause.message, {
    cause,
    details: (cause.stack ?? '')
      .split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    hint: 'this is a defect in faaso: please report it with these lines',
  });
}

/** An error as plain data. */
export function errorData(error: unknown): ErrorData {
  const known = toFaasoError(error);
  return {
    code: known.code,
    message: known.message,
    details: known.details,
    hint: known.hint ?? null,
    where: known.diagnostics,
  };
}

/** The error that {@link errorData} was made from, without its cause. A code of another version is `internal`. */
export function errorFromData(data: ErrorData): FaasoError {
  return new FaasoError(Object.hasOwn(ERRORS, data.code) ? data.code : 'internal', data.message, {
    details: data.details,
    diagnostics: data.where,
    ...(data.hint === null ? {} : { hint: data.hint }),
  });
}
