import { setMaxListeners } from 'node:events';

import { errorData } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { Route } from '../core/specs.ts';
import { placeOf } from '../plan/routes.ts';
import { interruption } from './failure.ts';
import { RolloutFailure } from './step.ts';
import type { World } from './world.ts';

export interface RunResult {
  readonly failed: readonly FunctionName[];
  readonly changed: readonly FunctionName[];
  readonly unchanged: readonly FunctionName[];
  readonly interrupted: boolean;
}

/** What came of each function of one run. Functions fail alone. */
export class Outcomes {
  readonly #world: World;
  readonly #emit: Emit;
  readonly #signal: AbortSignal;
  readonly #outcomes = new Map<FunctionName, Outcome>();

  constructor(world: World, emit: Emit, signal: AbortSignal) {
    this.#world = world;
    this.#emit = emit;
    this.#signal = signal;
    // Every function of the run listens to its end: that many are no leak.
    setMaxListeners(0, signal);
  }

  /** Does one function's part and tells how it came out; never rejects. */
  async finish(name: FunctionName, work: () => Promise<Outcome>): Promise<void> {
    const { clock } = this.#world;
    const began = clock.now();
    const outcome = await work().catch((error: unknown) => this.#failure(name, error));
    this.#outcomes.set(name, outcome);
    this.#emit({ kind: 'function-done', function: name, outcome, durationMs: clock.now() - began });
  }

  get result(): RunResult {
    const names = (...kinds: Outcome['kind'][]): FunctionName[] =>
      [...this.#outcomes].filter(([, outcome]) => kinds.includes(outcome.kind)).map(([name]) => name);
    return {
      failed: names('failed'),
      changed: names('deployed', 'routed', 'removed'),
      unchanged: names('unchanged'),
      interrupted: [...this.#outcomes.values()].some(
        (outcome) => outcome.kind === 'failed' && outcome.error.code === 'interrupted',
      ),
    };
  }

  #failure(name: FunctionName, error: unknown): Outcome {
    const { store, live } = this.#world;
    const signal = this.#signal;
    const current = store.read()?.functions[name]?.current;
    const serving =
      current === undefined || live.get(name)?.target === undefined
        ? null
        : { release: current.number, revision: short(current.revision), paths: pathsOf(current.routes) };
    if (error instanceof RolloutFailure) {
      return { kind: 'failed', step: error.step, error: errorData(error.error), serving };
    }
    const cause = signal.aborted && error === signal.reason ? interruption(signal) : error;
    return { kind: 'failed', step: 'switch-route', error: errorData(cause), serving };
  }
}

/** Where a function's routes are, for people. */
export function pathsOf(routes: readonly Route[]): readonly string[] {
  return routes.map(placeOf);
}

/** The outcome of a rollout. `tests`: how many passed. */
export function deployed(
  { number, revision, routes }: { number: number; revision: string; routes: readonly Route[] },
  tests: number,
): Outcome {
  return { kind: 'deployed', release: number, revision: short(revision), tests, paths: pathsOf(routes) };
}
