import { heldWords, isEmpty } from '../../core/steps.ts';
import type { Action, FunctionPlan, Plan, Reason, Step } from '../../core/steps.ts';
import type { Paint } from './paint.ts';
import { reasonText, routeText } from './reason.ts';
import { plain } from './safe.ts';
import { nameColumn } from './table.ts';
import { count } from './text.ts';
import { pad } from './width.ts';

const WHAT_COLUMNS = 14;

/** A plan as a table with a summary; `applyCommand` is what to type next. */
export function renderPlan(plan: Plan, applyCommand: string, values: boolean, paint: Paint): string[] {
  if (plan.functions.length === 0 && isEmpty(plan))
    return ['Nothing to do: functions.yml names no function, and none runs.'];
  const names = nameColumn(plan.functions.map((item) => item.function));
  const rows = plan.functions.flatMap((item) =>
    rowsOf(item, values).map(({ what, why }, index) => {
      const name = pad(index === 0 ? item.function : '', names);
      return `${name}${painted(item.action, paint)(pad(what, WHAT_COLUMNS))}${why}`.trimEnd();
    }),
  );
  return [...settingsLines(plan), ...rows, '', summary(plan, applyCommand)];
}

/** What changes for the project as a whole, a line each. */
export function settingsLines(plan: Plan): string[] {
  return (plan.settings ?? []).map(
    ({ key, from = '', to = '' }) => `${plain(key)}: ${plain(from)} → ${plain(to)}`,
  );
}

/** How many functions each action is for, in one line. */
function summary(plan: Plan, applyCommand: string): string {
  const number = (action: Action): number => plan.functions.filter((item) => item.action === action).length;
  if (isEmpty(plan)) return `Nothing to change: ${count(plan.functions.length, 'function')} up to date.`;
  const parts = (['replace', 'create', 'restart', 'route', 'remove'] as const)
    .filter((action) => number(action) > 0)
    .map((action) => `${number(action)} to ${action}`);
  if ((plan.settings ?? []).length > 0)
    parts.unshift(`${count(plan.settings?.length ?? 0, 'setting')} to change`);
  if (number('none') > 0) parts.push(`${number('none')} unchanged`);
  return `${parts.join(', ')}. Apply with: ${applyCommand}`;
}

interface Row {
  readonly what: string;
  readonly why: string;
}

function rowsOf(item: FunctionPlan, values: boolean): Row[] {
  const held = item.pinned === undefined ? undefined : heldWords(item.pinned);
  if (item.action === 'none') return [{ what: '-', why: held ?? 'up to date' }];
  if (item.action === 'remove')
    return [{ what: 'remove', why: reasonsOf(item, 'remove-instance', values).join('; ') }];
  const image = item.steps.find((step) => step.step === 'build-image');
  const rows: Row[] = [];
  if (image !== undefined && image.reason.kind !== 'new')
    rows.push({ what: 'new image', why: reasonText(image.reason, values) });
  const starts = item.steps.filter((step) => step.step === 'start-instance');
  if (starts.length > 0)
    rows.push({ what: item.action, why: startReasons(starts, image, values).join('; ') });
  if (held !== undefined) rows.push({ what: '-', why: held });
  return [
    ...rows,
    ...item.steps
      .filter((step) => step.step === 'switch-route')
      .flatMap((step) => routeRows(item, step.reason, values)),
  ];
}

/** The reason of the image's row is not said twice. */
function startReasons(starts: readonly Step[], image: Step | undefined, values: boolean): string[] {
  const texts = starts.map(({ reason }) =>
    image !== undefined && reason.kind !== 'new' && reason.kind === image.reason.kind
      ? 'image changed'
      : reasonText(reason, values),
  );
  return [...new Set(texts)];
}

function routeRows(item: FunctionPlan, reason: Reason, values: boolean): Row[] {
  if (reason.kind !== 'routes-changed') return [];
  return [
    ...reason.added.map((route) => `${plain(route)} → ${item.function}`),
    ...reason.removed.map((route) => `${plain(route)} removed`),
    ...reason.changed.map((item) => routeText(item, values)),
  ].map((why) => ({ what: 'route', why }));
}

function reasonsOf(item: FunctionPlan, kind: Step['step'], values: boolean): string[] {
  return item.steps.filter((step) => step.step === kind).map((step) => reasonText(step.reason, values));
}

function painted(action: Action, paint: Paint): (text: string) => string {
  switch (action) {
    case 'create':
      return paint.good;
    case 'remove':
      return paint.bad;
    case 'none':
      return paint.faint;
    case 'replace':
    case 'restart':
    case 'route':
      return paint.warn;
  }
}
