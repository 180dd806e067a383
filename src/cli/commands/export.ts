import { FaasoError } from '../../core/errors.ts';
import { printData, printLines } from '../render/print.ts';
import { plain } from '../render/safe.ts';
import type { Call } from '../verb.ts';

/** `faaso export NAME DIR`, `faaso export caddy` */
export async function run(call: Call): Promise<number> {
  const [name = '', folder] = call.args;
  if (folder === undefined) return await exportCaddy(call, name);
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

/** A function may be called caddy too: with a folder it is meant. */
async function exportCaddy(call: Call, name: string): Promise<number> {
  if (name !== 'caddy')
    throw new FaasoError('usage', 'missing required argument "DIR"', {
      hint: 'faaso export NAME DIR, or faaso export caddy',
    });
  const client = await call.client();
  const { caddyfile, config, leftBehind } = await client.exportCaddy();
  if (call.json) {
    printData(call.io, config);
    // JSON has no place for it, and nobody may take a route that is missing for one that is served.
    for (const sentence of leftBehind) call.io.err.write(`warning: ${plain(sentence)}\n`);
  } else call.io.out.write(caddyfile);
  return 0;
}
