/**
 * What each verb prints with `--json`: one value, or (where it takes time) one of these on each line. The published
 * JSON Schemas are made from this table (`UPDATE_SCHEMAS=1` in test/unit/docs/schemas.test.ts writes them).
 */
import type {
  DaemonStatus,
  DownAnswer,
  FunctionLogLine,
  ReleasesAnswer,
  RunAnswer,
  SecretSetAnswer,
  TestAnswer,
} from '../control/api.ts';
import type { InitAnswer, NewAnswer, RuntimesAnswer, ValidateAnswer } from '../control/begin/api.ts';
import type { PruneAnswer } from '../core/disk.ts';
import type { ErrorData } from '../core/errors.ts';
import type { FaasoEvent } from '../core/events.ts';
import type { Explanation } from '../core/explanation.ts';
import type { DoctorAnswer } from '../core/finding.ts';
import type { ProjectStatus } from '../core/state.ts';
import type {
  AdoptJson,
  BuildJson,
  DiskJson,
  ExportJson,
  HelpJson,
  InvocationJson,
  PidJson,
  PlanJson,
  ProgramJson,
  SecretRemovedJson,
  SecretsJson,
  ServeEndJson,
  ServingJson,
  SetupJson,
  StoppedJson,
  VersionJson,
} from './answers.ts';

interface Result {
  readonly kind: 'result';
}

/** Verbs as the files of their schemas are named: `daemon-stop`. */
export interface VerbAnswers {
  readonly init: InitAnswer;
  readonly new: NewAnswer;
  readonly runtimes: RuntimesAnswer;
  readonly validate: ValidateAnswer;
  readonly serve: FaasoEvent | ServingJson | ServeEndJson;
  readonly apply: FaasoEvent | (Result & RunAnswer);
  readonly plan: PlanJson;
  readonly restart: FaasoEvent | (Result & RunAnswer);
  readonly rollback: FaasoEvent | (Result & RunAnswer);
  readonly releases: ReleasesAnswer;
  readonly 'secret-set': FaasoEvent | (Result & SecretSetAnswer);
  readonly 'secret-list': SecretsJson;
  readonly 'secret-rm': SecretRemovedJson;
  readonly build: FaasoEvent | BuildJson;
  readonly export: ExportJson;
  readonly down: FaasoEvent | (Result & DownAnswer);
  readonly prune: PruneAnswer;
  readonly adopt: FaasoEvent | AdoptJson;
  /** With `--disk` the second. */
  readonly status: ProjectStatus | DiskJson;
  readonly logs: FunctionLogLine;
  readonly test: FaasoEvent | (Result & TestAnswer);
  readonly invoke: InvocationJson;
  readonly shell: ProgramJson;
  readonly explain: Explanation;
  readonly 'daemon-status': DaemonStatus;
  readonly 'daemon-stop': StoppedJson;
  readonly 'daemon-restart': PidJson;
  readonly doctor: DoctorAnswer;
  readonly setup: SetupJson;
  readonly version: VersionJson;
  readonly help: HelpJson;
  /** What every verb prints last when it fails. */
  readonly error: ErrorData;
}
