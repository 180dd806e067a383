/** What `faaso doctor` found. Plain data. */

/** `skipped`: could not be looked at, or does not matter here; the message says which. */
export type FindingState = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Finding {
  readonly state: FindingState;
  /** The check's name: `live-restore`. */
  readonly check: string;
  /** What is so, on one line, subject first. */
  readonly message: string;
  /** What follows from it, or what is to be thought of before the fix; sentences. */
  readonly why?: string;
  /** Commands to type, in this order, complete and copyable; empty where there is nothing to type. */
  readonly fix: readonly string[];
}

/** The answer to `faaso doctor`, in the order of the checks. */
export interface DoctorAnswer {
  /** The project's folder; `null` where there is none. */
  readonly root: string | null;
  readonly checks: number;
  /** How many checks found something to do. */
  readonly attention: number;
  /** Whether something does not work; what only should be better is none. */
  readonly failed: boolean;
  readonly findings: readonly Finding[];
}
