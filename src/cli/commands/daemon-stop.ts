import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso daemon stop` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const stopped = await client.daemon.stop();
  if (call.json) printData(call.io, { stopped });
  else if (stopped)
    printLines(call.io, [
      'The daemon has stopped. Router and functions go on; nothing is healed until it runs again.',
    ]);
  else printLines(call.io, ['No daemon ran.']);
  return 0;
}
