/** The shapes of `--json`, in one place. Errors are `ErrorData` of core; `status` is `ProjectStatus` of core. */
import type {
  PlanAnswer,
  UnplannedFunction,
  BuildAnswer,
  DownAnswer,
  FunctionLogLine,
  ReleasesAnswer,
  RunAnswer,
  SecretInfo,
  SecretSetAnswer,
  TestAnswer,
} from '../control/api.ts';
import type { Diagnostic } from '../core/diagnostics.ts';
import type { DiskAnswer } from '../core/disk.ts';
import type { EventBody, FaasoEvent } from '../core/events.ts';
import type { FunctionName } from '../core/names.ts';
import { isEmpty } from '../core/steps.ts';
import type { Change, Plan, Reason, Step } from '../core/steps.ts';
import type { Option, Verb } from './verb.ts';

/** What happens while a verb goes on, one on each line. */
export type EventJson = {
  readonly runId: string;
  /** ISO 8601. */ readonly at: string;
} & EventBody;

/** `faaso logs --json`, one on each line. */
export interface LogLineJson {
  readonly function: FunctionName;
  /** 0: not known. */
  readonly release: number;
  readonly stream: 'stdout' | 'stderr';
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}

/** `faaso plan --json`. */
export interface PlanJson {
  readonly empty: boolean;
  readonly steps: readonly Step[];
  /** Functions that a rollback holds against the files, and at which release. */
  readonly held: readonly { readonly function: FunctionName; readonly release: number }[];
  /** Changes of the project as a whole. */
  readonly settings: readonly Change[];
  /** Functions that cannot be built from the files as they are; none of their steps is among the others. */
  readonly failed: readonly UnplannedFunction[];
  readonly warnings: readonly Diagnostic[];
}

/** `faaso invoke --json`. */
export interface InvocationJson {
  readonly status: number;
  /** By name in lower case; those that came several times have a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  /** `base64` where the body is no UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  readonly requestId: string;
  /** To the end of the body. */
  readonly durationMs: number;
}

/** `faaso status --disk --json`. */
export type DiskJson = DiskAnswer;

/** `faaso shell --json`. */
export interface ProgramJson {
  readonly exitCode: number;
  /** As UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The last line of a verb that takes time. */
export type ResultJson =
  | ({ readonly kind: 'result' } & RunAnswer)
  | AdoptJson
  | BuildJson
  | ({ readonly kind: 'result' } & DownAnswer)
  | ({ readonly kind: 'result' } & TestAnswer)
  | ({ readonly kind: 'result' } & SecretSetAnswer)
  | ServeEndJson;

/** The last line of `faaso adopt --json`. */
export interface AdoptJson {
  readonly kind: 'result';
  /** The folder that had the project; `null`: none did. */
  readonly from: string | null;
  /** How the functions came out; `null` where there was nothing to do. */
  readonly run: RunAnswer | null;
}

/** The last line of `faaso build --json`. */
export interface BuildJson {
  readonly kind: 'result';
  readonly built: readonly BuildAnswer[];
  readonly failed: readonly string[];
}

/** The last line of `faaso serve --json`. */
export interface ServeEndJson {
  readonly kind: 'result';
  /** Why it ended. */
  readonly reason: string;
}

/** The line of `faaso serve --json` that says that it is up. */
export interface ServingJson {
  readonly kind: 'serving';
  readonly url: string | null;
  readonly routes: RunAnswer['routes'];
}

/** `faaso secret list --json`. */
export interface SecretsJson {
  readonly secrets: readonly SecretInfo[];
}

/** `faaso secret rm --json`. */
export interface SecretRemovedJson {
  readonly removed: string;
}

/** `faaso hash key --json`. */
export interface HashKeyJson {
  readonly name: string | null;
  /** Shown this once. */
  readonly key: string;
  /** For `auth.keys` in functions.yml. */
  readonly hash: string;
}

/** `faaso hash password --json`. */
export interface HashPasswordJson {
  readonly name: string | null;
  /** For `auth.basic` in functions.yml. */
  readonly hash: string;
}

/** `faaso export NAME DIR --json`. */
export interface ExportJson {
  readonly folder: string;
  /** Builds the image from it. */
  readonly command: string;
}

/** `faaso daemon stop --json`. */
export interface StoppedJson {
  /** Whether one ran. */
  readonly stopped: boolean;
}

/** `faaso daemon restart --json`. */
export interface PidJson {
  readonly pid: number;
}

/** `faaso version --json`. */
export interface VersionJson {
  readonly version: string;
  /** The version of Node that runs it. */
  readonly node: string;
}

/** `faaso help --json`. */
export interface HelpJson {
  readonly verbs: readonly Verb[];
  /** Options of every verb. */
  readonly options: readonly Option[];
}

/** `faaso setup --json`. */
export interface SetupJson {
  /** Path of the engine's socket. */
  readonly socket: string;
  /** What was found or done, in words. */
  readonly engine: string;
  readonly bases: string;
}

/** A plan as data, without private values unless they were asked for. */
export function planJson({ plan, failed, warnings }: PlanAnswer, values: boolean): PlanJson {
  const shown = values ? plan : withoutValues(plan);
  return {
    empty: isEmpty(plan) && failed.length === 0,
    steps: shown.functions.flatMap((item) => item.steps),
    held: plan.functions.flatMap(({ function: name, pinned }) =>
      pinned === undefined ? [] : [{ function: name, release: pinned }],
    ),
    settings: plan.settings ?? [],
    failed,
    warnings,
  };
}

/** Releases as data, without private values. */
export function releasesJson(answer: ReleasesAnswer): ReleasesAnswer {
  return {
    ...answer,
    releases: answer.releases.map((release) => ({
      ...release,
      changes: release.changes.map(reasonWithoutValues),
    })),
  };
}

/** An event as data, without private values. */
export function eventJson(event: FaasoEvent): EventJson {
  const at = isoTime(event.at);
  return event.kind === 'run-started' ? { ...event, at, plan: withoutValues(event.plan) } : { ...event, at };
}

/** A line of a log as data. */
export function logLineJson(line: FunctionLogLine): LogLineJson {
  return { ...line, at: isoTime(line.at) };
}

/** Every time of `--json` has this one form, whether it is asked for or happens. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function withoutValues(plan: Plan): Plan {
  return {
    ...plan,
    functions: plan.functions.map((item) => ({
      ...item,
      steps: item.steps.map((step) => ({ ...step, reason: reasonWithoutValues(step.reason) })),
    })),
  };
}

function reasonWithoutValues(reason: Reason): Reason {
  if (reason.kind !== 'spec-changed') return reason;
  return {
    ...reason,
    changes: reason.changes.map((change): Change =>
      change.secret === undefined ? change : { key: change.key },
    ),
  };
}
