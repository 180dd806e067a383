import { FaasoError } from '../../core/errors.ts';
import { renderRollback } from '../render/releases.ts';
import { runAction } from '../run-action.ts';
import type { Call } from '../verb.ts';

/** `faaso rollback NAME [RELEASE]` */
export async function run(call: Call): Promise<number> {
  const [name = '', number] = call.args;
  const action = {
    kind: 'rollback',
    name,
    ...(number === undefined ? {} : { release: release(number) }),
  } as const;
  const client = await call.client();
  return await runAction(call, {
    work: (listener, signal) => client.run(action, listener, signal),
    runOf: (answer) => answer,
    render: (answer, plan) => renderRollback(answer, plan, name),
    data: (answer) => ({ kind: 'result', ...answer }),
  });
}

function release(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new FaasoError('usage', `"${text}" is no release's number`, {
    hint: 'faaso releases NAME lists them, as in: faaso rollback sum 3',
  });
}
