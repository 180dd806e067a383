import type { FaasoEvent } from '../../core/events.ts';
import type { ResultJson, ServingJson } from '../answers.ts';
import { eventJson } from '../answers.ts';
import type { Call } from '../verb.ts';
import { createProgress } from './progress.ts';
import type { ProgressOptions } from './progress.ts';
import { jsonLine } from './safe.ts';

/** Tells of a verb that takes time, as text or as lines of JSON. */
export interface Reporter {
  readonly onEvent: (event: FaasoEvent) => void;
  /** Lines that stay; nothing with `--json`. */
  readonly say: (lines: readonly string[]) => void;
  /** The same on stderr. */
  readonly warn: (lines: readonly string[]) => void;
  /** A line of JSON; nothing without `--json`. */
  readonly data: (value: ResultJson | ServingJson) => void;
  readonly stamp: () => void;
  readonly close: () => void;
}

/** The reporter that the options of the command line ask for. */
export function createReporter(call: Call, options: ProgressOptions): Reporter {
  const { io } = call;
  const nothing = (): void => undefined;
  if (call.json) {
    const write = (value: unknown): void => io.out.write(`${jsonLine(value)}\n`);
    return {
      onEvent: (event) => write(eventJson(event)),
      say: nothing,
      warn: nothing,
      data: write,
      stamp: nothing,
      close: nothing,
    };
  }
  const progress = createProgress(io, call.paint, call.errPaint, options);
  return {
    ...progress,
    warn: (lines) => progress.tell(io.err, lines),
    say: (lines) => progress.tell(io.out, lines),
    data: nothing,
  };
}
