import { releasesJson } from '../answers.ts';
import { printData, printLines } from '../render/print.ts';
import { renderReleases } from '../render/releases.ts';
import type { Call } from '../verb.ts';

/** `faaso releases NAME` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const answer = await client.releases(call.args[0] ?? '');
  if (call.json) printData(call.io, releasesJson(answer));
  else printLines(call.io, renderReleases(answer, call.io.now(), call.io.out.columns, call.paint));
  return 0;
}
