import type { SecretInfo, SecretSetAnswer } from '../../control/api.ts';
import type { Plan } from '../../core/steps.ts';
import type { Paint } from './paint.ts';
import { renderRunAnswer } from './run-answer.ts';
import { plain } from './safe.ts';
import { columnsOf } from './table.ts';
import { age, list } from './text.ts';
import { pad } from './width.ts';

const HEAD = ['SECRET', 'SET', 'USED BY'] as const;

/** `faaso secret list` */
export function renderSecrets(
  secrets: readonly SecretInfo[],
  now: number,
  columns: number | undefined,
  paint: Paint,
): string[] {
  if (secrets.length === 0)
    return ['No secret is set, and no function names one. Set one with: faaso secret set NAME'];
  const rows = secrets.map(({ name, setAt, functions }) => [
    plain(name),
    setAt === null ? 'not set' : `${age(now - Date.parse(setAt))} ago`,
    functions.length === 0 ? '-' : functions.join(', '),
  ]);
  const widths = columnsOf(HEAD, rows, columns);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('')
      .trimEnd();
  const missing = secrets.find((secret) => secret.setAt === null);
  return [
    paint.faint(line(HEAD)),
    ...rows.map(line),
    ...(missing === undefined ? [] : ['', `To set one: faaso secret set ${plain(missing.name)}`]),
  ];
}

/** What is left to say after `faaso secret set`. */
export function renderSecretSet(answer: SecretSetAnswer, plan: Plan): { out: string[]; err: string[] } {
  const { name, changed, waiting, run } = answer;
  const is = changed ? `${name} is set` : `${name} has this value already`;
  const later = waiting.length === 0 ? '' : ` ${list(waiting)} can use it with the next "faaso apply".`;
  if (run === null) {
    const unused = changed && waiting.length === 0;
    const hint = unused ? ' A function gets it by naming it under "secrets:" in functions.yml.' : '';
    return { out: [`${is}.${later}${hint}`], err: [] };
  }
  const { out, err } = renderRunAnswer(run, plan, 'restarted');
  if (run.failed.length === 0 && !run.interrupted) return { out: [...out, `${is}.${later}`], err };
  const old = `${name} is set, and ${list(run.failed)} goes on with the old value until it starts with the new one.`;
  return { out, err: [...err, run.failed.length === 0 ? `${is}.` : old] };
}
