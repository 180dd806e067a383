import { printData, printLines } from '../render/print.ts';
import { renderStatus } from '../render/status.ts';
import type { Call } from '../verb.ts';

/** `faaso status` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const status = await client.status();
  if (call.json) printData(call.io, status);
  else printLines(call.io, renderStatus(status, call.io.now(), call.io.out.columns, call.paint));
  return 0;
}
