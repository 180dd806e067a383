import { printData, printLines } from '../render/print.ts';
import { renderSecrets } from '../render/secrets.ts';
import type { Call } from '../verb.ts';

/** `faaso secret list` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const secrets = await client.secrets.list();
  if (call.json) printData(call.io, { secrets });
  else printLines(call.io, renderSecrets(secrets, call.io.now(), call.io.out.columns, call.paint));
  return 0;
}
