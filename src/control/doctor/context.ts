import { readFile } from 'node:fs/promises';

import { faasoCommand as commandOf, workingFolder } from '../../core/command.ts';
import type { PruneAnswer } from '../../core/disk.ts';
import { inOneLine } from '../../core/diagnostics.ts';
import type { Finding, FindingState } from '../../core/finding.ts';
import { errorCode, FaasoError } from '../../core/errors.ts';
import type { ProjectPaths } from '../../core/paths.ts';
import type { Applied, ProjectStatus } from '../../core/state.ts';
import type { Engine, EngineInfo, Traces } from '../../engine/engine.ts';
import type { Environment, Loaded } from '../../project/load.ts';
import type { DaemonStatus, ProjectLocation } from '../api.ts';
import type { HostFacts } from './host.ts';
import type { Listener } from './listeners.ts';

/** One thing to look at. Only reads. */
export interface Check {
  readonly name: string;
  run(context: DoctorContext): Promise<readonly Finding[]>;
}

/** What the checks look at. What several of them need is asked for once. */
export interface DoctorContext {
  readonly host: HostFacts;
  readonly env: Environment;
  readonly engine: Engine;
  /** Rejects as the engine does. */
  readonly info: () => Promise<EngineInfo>;
  /** `undefined` when the engine cannot be asked, which is the engine check's to say. */
  readonly known: () => Promise<EngineInfo | undefined>;
  /** As {@link known}. */
  readonly traces: () => Promise<Traces | undefined>;
  readonly listeners: () => Promise<readonly Listener[]>;
  /** Absent outside of a project. */
  readonly project?: DoctorProject;
}

export interface DoctorProject {
  readonly location: ProjectLocation;
  readonly root: string;
  readonly file: string;
  readonly paths: ProjectPaths;
  /** Rejects with `config-invalid`. */
  readonly loaded: () => Promise<Loaded>;
  /** What is applied; `undefined` when nothing is, or nothing whole. Rejects with `state-unreadable` where it is closed. */
  readonly applied: () => Promise<Applied | undefined>;
  readonly status: () => Promise<ProjectStatus>;
  readonly daemon: () => Promise<DaemonStatus>;
  /** What `faaso prune` would remove; `undefined` where that cannot be found out in time. */
  readonly prunable: () => Promise<PruneAnswer | undefined>;
}

/** Why a check that needs a project was skipped. */
export const NO_PROJECT = 'no functions.yml here or in a folder above';
/** Why a check that asks the engine was skipped. */
export const NO_ENGINE = 'the engine does not answer';

/** A finding of a check. */
type Report = (
  state: FindingState,
  message: string,
  rest?: { readonly why?: string; readonly fix?: readonly string[] },
) => Finding;

/** Makes a check's findings. */
export function reporter(check: string): Report {
  return (state, message, { why, fix = [] } = {}) => ({
    state,
    check,
    message,
    ...(why === undefined ? {} : { why }),
    fix,
  });
}

/** `faaso …` as it is typed in this folder, for the files that were asked for. */
export function faasoCommand({ root, location }: DoctorProject, ...args: readonly string[]): string {
  const project = { root, files: [location.file, ...location.overlays] };
  return commandOf(project, workingFolder(), ...args);
}

/** The applied state as it lies on the disk, which is not mended on the way. Rejects with `state-unreadable`. */
export async function readApplied({ applied }: ProjectPaths, root: string): Promise<Applied | undefined> {
  try {
    const data = JSON.parse(await readFile(applied, 'utf8')) as Partial<Applied>;
    const isWhole = data.format === 1 && data.root === root && typeof data.functions === 'object';
    return isWhole ? (data as Applied) : undefined;
  } catch (error) {
    if (errorCode(error) !== 'EACCES') return undefined;
    throw new FaasoError('state-unreadable', 'what is applied is closed to this user', {
      cause: error,
      hint: 'run faaso as the user whose .faaso it is',
    });
  }
}

/** The first line of an error for a finding. */
export function sentence(error: FaasoError): string {
  const [first] = error.diagnostics.filter(({ severity }) => severity === 'error');
  return first === undefined ? error.message : inOneLine(first);
}
