import { isEmpty } from '../../core/steps.ts';
import { planJson } from '../answers.ts';
import { printFailures, printWarnings } from '../render/error.ts';
import { printData, printLines } from '../render/print.ts';
import { renderPlan } from '../render/plan.ts';
import type { Call } from '../verb.ts';

/** `faaso plan [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const answer = await client.plan(call.args);
  const { plan, failed, warnings } = answer;
  const values = call.flag('--show-values');
  if (call.json) {
    printData(call.io, planJson(answer, values));
  } else {
    printWarnings(call.io, warnings, call.errPaint);
    if (failed.length === 0 || plan.functions.length > 0 || !isEmpty(plan))
      printLines(call.io, renderPlan(plan, call.command('apply', ...call.args), values, call.paint));
    printFailures(call.io, failed, call.errPaint);
  }
  if (failed.length > 0) return 3;
  return call.flag('--exit-code') && !isEmpty(plan) ? 4 : 0;
}
