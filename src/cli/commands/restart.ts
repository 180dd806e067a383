import { renderRunAnswer } from '../render/run-answer.ts';
import { runAction } from '../run-action.ts';
import type { Call } from '../verb.ts';

/** `faaso restart [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  return await runAction(call, {
    work: (listener, signal) => client.run({ kind: 'restart', names: call.args }, listener, signal),
    runOf: (answer) => answer,
    render: (answer, plan) => renderRunAnswer(answer, plan, 'restarted'),
    data: (answer) => ({ kind: 'result', ...answer }),
  });
}
