import { printData, printLines } from '../render/print.ts';
import { plain } from '../render/safe.ts';
import type { Call } from '../verb.ts';

/** `faaso export NAME DIR` */
export async function run(call: Call): Promise<number> {
  const [name = '', folder = ''] = call.args;
  const client = await call.client();
  const answer = await client.exportContext(name, folder);
  if (call.json) printData(call.io, answer);
  else
    printLines(call.io, [
      `The build context of ${name} is in ${plain(answer.folder)}. Build it with:`,
      `  ${plain(answer.command)}`,
    ]);
  return 0;
}
