/** What happens, as data. Renderers, logs and the control API consume it; nothing else in faaso prints. */
import type { Diagnostic } from './diagnostics.ts';
import type { ErrorData } from './errors.ts';
import type { FunctionName } from './names.ts';
import type { Plan, StepKind } from './steps.ts';

/** How one function came out of a run. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  /** `tests`: how many ran; `paths`: where it is served now. */
  | {
      readonly kind: 'deployed';
      readonly release: number;
      readonly revision: string;
      readonly tests: number;
      readonly paths: readonly string[];
    }
  | { readonly kind: 'routed'; readonly paths: readonly string[] }
  | { readonly kind: 'removed' }
  /** `serving`: the release that goes on serving, if any. */
  | {
      readonly kind: 'failed';
      readonly step: StepKind;
      readonly error: ErrorData;
      readonly serving: {
        readonly release: number;
        readonly revision: string;
        readonly paths: readonly string[];
      } | null;
    };

export type FaasoEvent = {
  readonly runId: string;
  /** Milliseconds since 1970. */ readonly at: number;
} & EventBody;

export type EventBody =
  /** A run waits for an earlier one to end. */
  | {
      readonly kind: 'run-waiting';
      /** `since`: ISO 8601. */
      readonly for: { readonly runId: string; readonly by: string; readonly since: string };
    }
  | { readonly kind: 'run-started'; readonly plan: Plan }
  | { readonly kind: 'step-started'; readonly function: FunctionName; readonly step: StepKind }
  | {
      readonly kind: 'step-done';
      readonly function: FunctionName;
      readonly step: StepKind;
      readonly durationMs: number;
      readonly detail: string;
    }
  /** Why a step is not done yet. */
  | {
      readonly kind: 'step-waiting';
      readonly function: FunctionName;
      readonly step: StepKind;
      readonly why: string;
    }
  | { readonly kind: 'build-log'; readonly function: FunctionName; readonly line: string }
  /** A test of `faaso test` has run; it passed where there are no `problems`. `request`: `POST /`. */
  | {
      readonly kind: 'test-done';
      readonly function: FunctionName;
      readonly test: string;
      readonly request: string;
      readonly durationMs: number;
      readonly problems: readonly string[];
    }
  | {
      readonly kind: 'function-done';
      readonly function: FunctionName;
      readonly outcome: Outcome;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'run-done';
      readonly durationMs: number;
      readonly failed: number;
      readonly interrupted: boolean;
    }
  /** The reconciler healed or lost something. */
  | {
      readonly kind: 'instance-changed';
      readonly function: FunctionName;
      readonly state: string;
      readonly reason: string;
    }
  | { readonly kind: 'config-invalid'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'config-warning'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'engine-changed'; readonly state: 'connected' | 'unreachable'; readonly detail: string }
  | { readonly kind: 'router-changed'; readonly state: 'serving' | 'down'; readonly detail: string }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'failure'; readonly error: ErrorData };

/** Receives events; never throws. */
export type Emit = (event: EventBody) => void;
