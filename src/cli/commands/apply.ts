import { renderRunAnswer } from '../render/run-answer.ts';
import { runAction } from '../run-action.ts';
import type { Call } from '../verb.ts';

/** `faaso apply [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  return await runAction(call, {
    work: (listener, signal) => client.run({ kind: 'apply', names: call.args }, listener, signal),
    runOf: (answer) => answer,
    render: (answer, plan) => renderRunAnswer(answer, plan, 'applied'),
    data: (answer) => ({ kind: 'result', ...answer }),
  });
}
