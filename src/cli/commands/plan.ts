import { isEmpty } from '../../core/steps.ts';
import { planJson } from '../answers.ts';
import { printWarnings } from '../render/error.ts';
import { printData, printLines } from '../render/print.ts';
import { renderPlan } from '../render/plan.ts';
import type { Call } from '../verb.ts';

/** `faaso plan [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const { plan, warnings } = await client.plan(call.args);
  const values = call.flag('--show-values');
  if (call.json) {
    printData(call.io, planJson(plan, warnings, values));
  } else {
    printWarnings(call.io, warnings, call.errPaint);
    printLines(call.io, renderPlan(plan, call.command('apply', ...call.args), values, call.paint));
  }
  return call.flag('--exit-code') && !isEmpty(plan) ? 4 : 0;
}
