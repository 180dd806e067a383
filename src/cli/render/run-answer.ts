import type { RunAnswer } from '../../control/api.ts';
import type { FunctionName } from '../../core/names.ts';
import type { Plan } from '../../core/steps.ts';
import { plain } from './safe.ts';
import { servedOn } from './serving.ts';
import { count, list } from './text.ts';

/** What a run did to the functions that it changed. */
type Done = 'applied' | 'restarted' | 'rolled back';

/** What is left to say when a run has ended: to stdout when all went well, else to stderr. */
export function renderRunAnswer(answer: RunAnswer, plan: Plan, done: Done): { out: string[]; err: string[] } {
  const { out, err } = ofFunctions(answer, plan, done);
  return { out, err: [...err, ...down(answer)] };
}

function ofFunctions(answer: RunAnswer, plan: Plan, done: Done): { out: string[]; err: string[] } {
  const { failed, changed, unchanged } = answer;
  const total = failed.length + changed.length + unchanged.length;
  const settings = plan.settings?.length ?? 0;
  const daemon =
    answer.daemonStarted === null
      ? []
      : [
          `A daemon now runs in the background (pid ${answer.daemonStarted}) and heals what breaks; faaso daemon stop ends it.`,
        ];
  if (answer.interrupted) return { out: daemon, err: ['', cancelled(answer, plan, done)] };
  if (failed.length > 0)
    return { out: daemon, err: ['', `${failed.length} of ${count(total, 'function')} failed.`] };
  if (changed.length === 0 && settings === 0) return { out: [nothingToDo(answer, done), ...daemon], err: [] };
  const isRemoved = (name: FunctionName): boolean =>
    plan.functions.some((item) => item.function === name && item.action === 'remove');
  const removed = changed.filter(isRemoved).length;
  const counts = [
    ...summary(changed.length - removed, settings, done),
    ...(removed === 0 ? [] : [`${count(removed, 'function')} removed`]),
    ...(unchanged.length === 0 ? [] : [`${unchanged.length} unchanged`]),
  ];
  return {
    out: ['', `${counts.join(', ')}.${on(answer)}`, ...daemon],
    err: [],
  };
}

function summary(functions: number, settings: number, done: Done): string[] {
  const parts = [
    ...(settings > 0 ? [count(settings, 'setting')] : []),
    ...(functions > 0 ? [count(functions, 'function')] : []),
  ];
  return parts.length === 0 ? [] : [`${parts.join(' and ')} ${done}`];
}

function nothingToDo(answer: RunAnswer, done: Done): string {
  const { unchanged } = answer;
  if (unchanged.length === 0)
    return done === 'applied'
      ? 'Nothing to do: functions.yml names no function, and none runs.'
      : 'Nothing to do: no function is applied.';
  return `Nothing to change: ${count(unchanged.length, 'function')} up to date.${on(answer)}`;
}

function cancelled({ failed, changed, unchanged }: RunAnswer, plan: Plan, done: Done): string {
  const planned = plan.functions.map((item) => item.function);
  const seen = new Set<FunctionName>([...failed, ...changed, ...unchanged]);
  const groups: readonly (readonly [string, readonly FunctionName[]])[] = [
    [done.charAt(0).toUpperCase() + done.slice(1), changed],
    ['Undone', failed],
    ['Not touched', [...unchanged, ...planned.filter((name) => !seen.has(name))]],
  ];
  const parts = groups
    .filter(([, names]) => names.length > 0)
    .map(([word, names]) => `${word}: ${list(names)}.`);
  return ['Cancelled.', ...parts].join(' ');
}

/** Functions that are up to date are of no use to anybody while nothing leads to them. */
function down({ routerDown }: RunAnswer): string[] {
  if (routerDown === null) return [];
  const hint = routerDown.hint === null ? [] : [`hint: ${plain(routerDown.hint)}`];
  return ['', `The router is down, so nothing is served: ${plain(routerDown.reason)}`, ...hint];
}

function on(answer: RunAnswer): string {
  return answer.url === '' ? '' : ` Serving on ${servedOn(answer)}`;
}
