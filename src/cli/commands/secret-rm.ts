import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso secret rm NAME` */
export async function run(call: Call): Promise<number> {
  const [name = ''] = call.args;
  const client = await call.client();
  await client.secrets.remove(name);
  if (call.json) printData(call.io, { removed: name });
  else printLines(call.io, [`${name} is removed.`]);
  return 0;
}
