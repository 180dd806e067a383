import { createInterrupt } from '../interrupt.ts';
import { createReporter } from '../render/reporter.ts';
import { testSummary } from '../render/tests.ts';
import type { Call } from '../verb.ts';

/** `faaso test [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const reporter = createReporter(call, { ends: true, serves: false });
  const interrupt = createInterrupt(call.io, () => reporter.warn(['Cancelling; Ctrl-C again ends at once.']));
  try {
    const answer = await client.test(call.args, reporter.onEvent, interrupt.signal);
    const { out, err } = testSummary(answer);
    reporter.say(out);
    reporter.warn(err);
    reporter.data({ kind: 'result', ...answer });
    if (answer.interrupted) return 130;
    const isWell = answer.functions.every(
      ({ error, tests }) => error === null && tests.every((test) => test.passed),
    );
    return isWell ? 0 : 3;
  } finally {
    interrupt.release();
    reporter.close();
  }
}
