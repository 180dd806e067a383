import { toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { FunctionName } from '../core/names.ts';
import type { StepKind } from '../core/steps.ts';
import { interruption } from './failure.ts';
import type { World } from './world.ts';

/** A step failed before the commit point: whatever served before serves on. */
export class RolloutFailure extends Error {
  readonly step: StepKind;
  readonly error: FaasoError;

  constructor(step: StepKind, error: FaasoError) {
    super(error.message, { cause: error });
    this.name = 'RolloutFailure';
    this.step = step;
    this.error = error;
  }
}

/** Does one step and tells of it; rejects with {@link RolloutFailure}. */
export type Step = <Result>(
  kind: StepKind,
  work: () => Promise<Result>,
  /** What is worth telling of the result. */
  detail?: (result: Result) => string,
) => Promise<Result>;

/** The steps of one function in one run. After an abort of `signal` no further one begins. */
export function stepsOf(
  world: Pick<World, 'clock'>,
  name: FunctionName,
  emit: Emit,
  signal: AbortSignal,
): Step {
  return async (kind, work, detail = () => '') => {
    const began = world.clock.now();
    emit({ kind: 'step-started', function: name, step: kind });
    try {
      signal.throwIfAborted();
      const result = await work();
      const durationMs = world.clock.now() - began;
      emit({ kind: 'step-done', function: name, step: kind, durationMs, detail: detail(result) });
      return result;
    } catch (error) {
      throw new RolloutFailure(kind, signal.aborted ? interruption(signal) : toFaasoError(error));
    }
  };
}
