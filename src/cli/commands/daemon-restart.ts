import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso daemon restart` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const pid = await client.daemon.restart();
  if (call.json) printData(call.io, { pid });
  else printLines(call.io, [`The daemon runs, pid ${pid}.`]);
  return 0;
}
