import { newKey } from '../../core/clients.ts';
import { checkClientName, entryOf } from '../client-name.ts';
import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso hash key [NAME]` */
export async function run(call: Call): Promise<number> {
  const [name] = call.args;
  checkClientName(name);
  const { key, hash } = newKey();
  if (call.json) printData(call.io, { name: name ?? null, key, hash });
  else printLines(call.io, [`key    ${key}`, `entry  ${entryOf(name, hash)}`]);
  return 0;
}
