import { parseUrl } from '../explain-url.ts';
import { parseMethod } from '../method.ts';
import { renderExplanation } from '../render/explanation.ts';
import { printData, printLines } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** `faaso explain URL` */
export async function run(call: Call): Promise<number> {
  const url = parseUrl(call.args[0] ?? '');
  const method = parseMethod(call.value('--method')) ?? 'GET';
  const client = await call.client();
  const explanation = await client.explain({ ...url, method });
  if (call.json) printData(call.io, explanation);
  else printLines(call.io, renderExplanation(explanation, call.io.now(), call.io.out.columns, call.paint));
  return 0;
}
