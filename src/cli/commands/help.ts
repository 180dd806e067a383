import { parse } from '../program.ts';
import { groupHelp, overview, verbHelp } from '../render/help.ts';
import { printData } from '../render/print.ts';
import type { Call } from '../verb.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';
import { GROUPS, VERBS } from '../verbs.ts';
import { packageVersion } from '../version.ts';

/** `faaso help [VERB]` */
export async function run(call: Call): Promise<number> {
  const name = call.args.join(' ');
  const verb = VERBS.find((item) => item.name === name);
  // Parsing runs nothing; it knows what to say of a word that is no verb.
  if (verb === undefined && GROUPS[name] === undefined) await parse(call.args, packageVersion());
  if (call.json) printData(call.io, { verbs: verb === undefined ? VERBS : [verb], options: GLOBAL_OPTIONS });
  else call.io.out.write(verb !== undefined ? verbHelp(verb) : name === '' ? overview() : groupHelp(name));
  return 0;
}
