import { checkSecretName } from '../../core/secret-name.ts';
import { renderSecretSet } from '../render/secrets.ts';
import { runAction } from '../run-action.ts';
import { readSecret, valueIsNoArgument } from '../secret-value.ts';
import type { Call } from '../verb.ts';

/** `faaso secret set NAME` */
export async function run(call: Call): Promise<number> {
  const [name = ''] = call.args;
  const [before, value] = name.split('=', 2);
  if (value !== undefined) throw valueIsNoArgument(before ?? '');
  // Nobody is asked for a value in vain.
  checkSecretName(name);
  const client = await call.client();
  const given = await readSecret(call.io, name);
  if (given === undefined) return 130;
  return await runAction(call, {
    work: (listener, signal) => client.secrets.set(name, given, listener, signal),
    runOf: (answer) => answer.run,
    render: renderSecretSet,
    data: (answer) => ({ kind: 'result', ...answer }),
  });
}
