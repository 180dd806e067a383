import type { FunctionName } from '../../core/names.ts';
import { createInterrupt } from '../interrupt.ts';
import { createReporter } from '../render/reporter.ts';
import { renderRunAnswer } from '../render/run-answer.ts';
import type { Call } from '../verb.ts';

/** `faaso apply [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const reporter = createReporter(call, { ends: true, serves: true });
  const planned: FunctionName[] = [];
  let settings = 0;
  const interrupt = createInterrupt(call.io, () => reporter.warn(['Cancelling; Ctrl-C again ends at once.']));
  try {
    const answer = await client.run(
      { kind: 'apply', names: call.args },
      (event) => {
        if (event.kind === 'run-started') {
          planned.push(...event.plan.functions.map((item) => item.function));
          settings = event.plan.settings?.length ?? 0;
        }
        reporter.onEvent(event);
      },
      interrupt.signal,
    );
    const { out, err } = renderRunAnswer(answer, planned, settings);
    reporter.say(out);
    reporter.warn(err);
    reporter.data({ kind: 'result', ...answer });
    if (answer.interrupted) return 130;
    return answer.failed.length > 0 ? 3 : 0;
  } finally {
    interrupt.release();
    reporter.close();
  }
}
