/**
 * What each verb prints with `--json`: one value, or (where it takes time) one of these on each line. The published
 * JSON Schemas are made from this table (`UPDATE_SCHEMAS=1` in test/unit/docs/schemas.test.ts writes them).
 */
import type {
  CaddyConfig,
  DaemonStatus,
  DownAnswer,
  ReleasesAnswer,
  RunAnswer,
  SecretSetAnswer,
  TestAnswer,
} from '../control/api.ts';
import type { InitAnswer, NewAnswer, RuntimesAnswer, ValidateAnswer } from '../control/begin/api.ts';
import type { AccessLogLine } from '../core/access.ts';
import type { PruneAnswer } from '../core/disk.ts';
import type { ErrorData } from '../core/errors.ts';
import type { Explanation } from '../core/explanation.ts';
import type { DoctorAnswer } from '../core/finding.ts';
import type { ProjectStatus } from '../core/state.ts';
import type {
  AdoptJson,
  BuildJson,
  DiskJson,
  EventJson,
  ExportJson,
  HashKeyJson,
  HashPasswordJson,
  HelpJson,
  InvocationJson,
  LogLineJson,
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
  readonly serve: EventJson | ServingJson | ServeEndJson;
  readonly apply: EventJson | (Result & RunAnswer);
  readonly plan: PlanJson;
  readonly restart: EventJson | (Result & RunAnswer);
  readonly rollback: EventJson | (Result & RunAnswer);
  readonly releases: ReleasesAnswer;
  readonly 'secret-set': EventJson | (Result & SecretSetAnswer);
  readonly 'secret-list': SecretsJson;
  readonly 'secret-rm': SecretRemovedJson;
  readonly build: EventJson | BuildJson;
  /** As `faaso export caddy` the second. */
  readonly export: ExportJson | CaddyConfig;
  readonly down: EventJson | (Result & DownAnswer);
  readonly prune: PruneAnswer;
  readonly adopt: EventJson | AdoptJson;
  /** With `--disk` the second. */
  readonly status: ProjectStatus | DiskJson;
  /** With `--access` one of the others. */
  readonly logs: LogLineJson | AccessLogLine;
  readonly test: EventJson | (Result & TestAnswer);
  readonly invoke: InvocationJson;
  readonly shell: ProgramJson;
  readonly explain: Explanation;
  readonly 'daemon-status': DaemonStatus;
  readonly 'daemon-stop': StoppedJson;
  readonly 'daemon-restart': PidJson;
  readonly 'hash-key': HashKeyJson;
  readonly 'hash-password': HashPasswordJson;
  readonly doctor: DoctorAnswer;
  readonly setup: SetupJson;
  readonly version: VersionJson;
  readonly help: HelpJson;
  /** What every verb prints last when it fails. */
  readonly error: ErrorData;
}
