import type { Listener, RunAnswer } from '../control/api.ts';
import type { Plan } from '../core/steps.ts';
import { createInterrupt } from './interrupt.ts';
import { createReporter } from './render/reporter.ts';
import type { Reporter } from './render/reporter.ts';
import type { Call } from './verb.ts';

/** A verb that is one run of the daemon's. */
export interface RunVerb<Answer> {
  readonly work: (listener: Listener, signal: AbortSignal) => Promise<Answer>;
  /** The run of the answer; `null` where none was needed. */
  readonly runOf: (answer: Answer) => RunAnswer | null;
  /** What is left to say when it has ended. `plan`: what was to be done. */
  readonly render: (
    answer: Answer,
    plan: Plan,
  ) => { readonly out: readonly string[]; readonly err: readonly string[] };
  readonly data: (answer: Answer) => Parameters<Reporter['data']>[0];
}

const NOTHING: Plan = { functions: [] };

/** Does the work, tells of it as it goes, and returns the exit code. Ctrl-C cancels what is not committed yet. */
export async function runAction<Answer>(call: Call, verb: RunVerb<Answer>): Promise<number> {
  const reporter = createReporter(call, { ends: true, serves: true });
  let plan = NOTHING;
  const interrupt = createInterrupt(call.io, () => reporter.warn(['Cancelling; Ctrl-C again ends at once.']));
  try {
    const answer = await verb.work((event) => {
      if (event.kind === 'run-started') ({ plan } = event);
      reporter.onEvent(event);
    }, interrupt.signal);
    const { out, err } = verb.render(answer, plan);
    reporter.say(out);
    reporter.warn(err);
    reporter.data(verb.data(answer));
    const run = verb.runOf(answer);
    if (run?.interrupted === true) return 130;
    if (run === null) return 0;
    if (run.routerDown !== null) return 1;
    return run.failed.length > 0 ? 3 : 0;
  } finally {
    interrupt.release();
    reporter.close();
  }
}
