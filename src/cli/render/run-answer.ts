import type { RunAnswer } from '../../control/api.ts';
import type { FunctionName } from '../../core/names.ts';
import { plain } from './safe.ts';
import { count, list } from './text.ts';

/** What is left to say when an apply has ended: to stdout when all went well, else to stderr. */
export function renderRunAnswer(
  answer: RunAnswer,
  planned: readonly FunctionName[],
  settings: number,
): { out: string[]; err: string[] } {
  const { failed, changed, unchanged } = answer;
  const total = failed.length + changed.length + unchanged.length;
  const daemon =
    answer.daemonStarted === null
      ? []
      : [
          `A daemon now runs in the background (pid ${answer.daemonStarted}) and heals what breaks; faaso daemon stop ends it.`,
        ];
  if (answer.interrupted) return { out: daemon, err: ['', cancelled(answer, planned)] };
  if (failed.length > 0)
    return { out: daemon, err: ['', `${failed.length} of ${count(total, 'function')} failed.`] };
  if (changed.length === 0 && settings === 0) return { out: [nothingToDo(answer), ...daemon], err: [] };
  const rest = unchanged.length === 0 ? '' : `, ${unchanged.length} unchanged`;
  return {
    out: ['', `${applied(changed.length, settings)}${rest}.${on(answer.url, ' Serving on ')}`, ...daemon],
    err: [],
  };
}

function applied(functions: number, settings: number): string {
  const parts = [
    ...(settings > 0 ? [count(settings, 'setting')] : []),
    ...(functions > 0 ? [count(functions, 'function')] : []),
  ];
  return `${parts.join(' and ')} applied`;
}

function nothingToDo({ unchanged, url }: RunAnswer): string {
  if (unchanged.length === 0) return 'Nothing to do: functions.yml names no function, and none runs.';
  return `Nothing to change: ${count(unchanged.length, 'function')} up to date.${on(url, ' Serving on ')}`;
}

function cancelled({ failed, changed, unchanged }: RunAnswer, planned: readonly FunctionName[]): string {
  const seen = new Set<FunctionName>([...failed, ...changed, ...unchanged]);
  const groups: readonly (readonly [string, readonly FunctionName[]])[] = [
    ['Applied', changed],
    ['Undone', failed],
    ['Not touched', [...unchanged, ...planned.filter((name) => !seen.has(name))]],
  ];
  const parts = groups
    .filter(([, names]) => names.length > 0)
    .map(([word, names]) => `${word}: ${list(names)}.`);
  return ['Cancelled.', ...parts].join(' ');
}

function on(url: string, before: string): string {
  return url === '' ? '' : `${before}${plain(url)}`;
}
