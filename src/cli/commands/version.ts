import { printData, printLines } from '../render/print.ts';
import { packageVersion } from '../version.ts';
import type { Call } from '../verb.ts';

/** `faaso version` */
export async function run(call: Call): Promise<number> {
  const version = packageVersion();
  if (call.json) printData(call.io, { version, node: process.versions.node });
  else printLines(call.io, [`faaso ${version}`]);
  return 0;
}
