import { basename } from 'node:path';

import type { FunctionState, FunctionStatus, ProjectStatus } from '../../core/state.ts';
import { faasoCommand } from '../../core/command.ts';
import { heldWords } from '../../core/steps.ts';
import { short } from '../../core/names.ts';
import type { Io } from '../io.ts';
import type { Paint } from './paint.ts';
import { plain, programLine } from './safe.ts';
import { columnsOf, withRight } from './table.ts';
import { age } from './text.ts';
import { pad } from './width.ts';

const HEAD = ['FUNCTION', 'STATE', 'ROUTES', 'RELEASE', 'SINCE', 'RESTARTS'] as const;
/** Routes in a row; the others are counted. */
const MANY_ROUTES = 2;

/** `faaso status`: a head, a row for each function with what is wrong under it, and what to do. */
export function renderStatus(
  status: ProjectStatus,
  io: Pick<Io, 'now' | 'cwd' | 'out'>,
  paint: Paint,
): string[] {
  const now = io.now();
  const faaso = (...args: readonly string[]): string => plain(faasoCommand(status, io.cwd, ...args));
  const lines = [...head(status, now, paint), ''];
  if (status.functions.length === 0) lines.push(`No function is applied yet. Begin with: ${faaso('apply')}`);
  else lines.push(...table(status.functions, now, io.out.columns, paint));
  const settings =
    status.changed.length === 0
      ? []
      : [`Settings changed on disk, not applied: ${status.changed.map(plain).join(', ')}`];
  const notes = [...status.problems.map(plain), ...settings, ...advice(status, faaso)];
  return notes.length === 0 ? lines : [...lines, '', ...notes];
}

function head(status: ProjectStatus, now: number, paint: Paint): string[] {
  const { router, control } = status;
  const listen =
    router.listen === '' ? '' : `  ${/^https?:/.test(router.listen) ? '' : 'http://'}${plain(router.listen)}`;
  // Without a daemon nobody watches the router, which may well serve.
  const state = router.state === 'serving' || router.state === 'unknown' ? '' : `, ${plain(router.state)}`;
  const https = router.https === null ? '' : `, https://${plain(router.https)}`;
  const left = `${paint.strong(plain(status.project || basename(status.root)))}${listen}${https} (${plain(router.kind)}${state})`;
  const since = control.since === null ? undefined : Date.parse(control.since);
  if (control.state === 'stopped') return [withRight(left, 'no daemon')];
  return [withRight(left, since === undefined ? 'up' : `up ${age(now - since)}`)];
}

function table(
  functions: readonly FunctionStatus[],
  now: number,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const rows = functions.map((item) => cells(item, now));
  const widths = columnsOf(HEAD, rows, columns);
  const line = (row: readonly string[], state?: FunctionState): string =>
    row
      .map((cell, index) => {
        const padded = pad(cell, widths[index] ?? 0);
        return index === 1 && state !== undefined ? colorOf(state, paint)(padded) : padded;
      })
      .join('')
      .trimEnd();
  return [
    paint.faint(line(HEAD)),
    ...functions.flatMap((item, index) => [
      line(rows[index] ?? [], item.state),
      ...below(item, now).map((text) => `${' '.repeat((widths[0] ?? 0) + 2)}${text}`),
    ]),
  ];
}

function cells(item: FunctionStatus, now: number): string[] {
  const routes = item.routes.slice(0, MANY_ROUTES).map(plain).join(' ');
  const more = item.routes.length - MANY_ROUTES;
  return [
    plain(item.name),
    item.state,
    item.routes.length === 0 ? '-' : more > 0 ? `${routes} +${more}` : routes,
    !isApplied(item) ? '-' : `${item.release} · ${short(plain(item.revision))}`,
    item.since === null ? '-' : age(now - Date.parse(item.since)),
    String(item.restarts),
  ];
}

function below(item: FunctionStatus, now: number): string[] {
  const { lastRestart, failedApply } = item;
  const changed =
    !isApplied(item) || item.changed.length === 0
      ? []
      : [`changed on disk, not applied: ${item.changed.map(plain).join(', ')}`];
  const held = item.pinned === null || item.changed.length > 0 ? [] : [heldWords(item.pinned)];
  const why = item.reason === '' ? [] : [plain(item.reason)];
  // While it does not run, its state's own reason says it.
  const restarted =
    lastRestart === null || item.state !== 'running'
      ? []
      : [`last restarted ${ago(lastRestart.at, now)}: ${programLine(lastRestart.reason)}`];
  const failed =
    failedApply === null
      ? []
      : [
          `apply failed ${ago(failedApply.at, now)} in ${plain(failedApply.step)}: ${programLine(failedApply.message)}`,
        ];
  return [...why, ...restarted, ...held, ...changed, ...failed];
}

function advice(
  { engine, problems, control, router, changed, functions }: ProjectStatus,
  faaso: (...args: readonly string[]) => string,
): string[] {
  const applied = functions.filter(isApplied);
  const ill = applied.filter((item) => item.state !== 'running' && item.state !== 'building');
  const lines: string[] = [];
  if (engine.state === 'unreachable' && !problems.includes(engine.detail)) {
    lines.push(`The engine does not answer: ${plain(engine.detail)}`);
  }
  if (router.hint !== null) lines.push(`To have the router back: ${plain(router.hint)}`);
  if (control.state === 'stopped' && applied.length > 0) {
    lines.push(
      `No daemon runs: nothing that breaks is healed. Start one with: ${faaso('daemon', 'restart')}`,
    );
  }
  if (applied.length < functions.length) lines.push(`To bring all of it up: ${faaso('apply')}`);
  else if (changed.length > 0 || functions.some((item) => item.changed.length > 0))
    lines.push(`What would change: ${faaso('plan')}`);
  const failed = functions.filter((item) => item.failedApply !== null).map((item) => item.name);
  if (failed.length > 0) lines.push(`To try again what failed: ${faaso('apply', ...failed)}`);
  if (ill.length > 0)
    lines.push(
      `${ill.length === 1 ? 'Its log' : 'Their logs'}: ${faaso('logs', ...ill.map((item) => item.name))}`,
    );
  return lines;
}

function ago(at: string, now: number): string {
  return `${age(now - Date.parse(at))} ago`;
}

/** A function that the files name and that was never applied has no release yet. */
function isApplied(item: FunctionStatus): boolean {
  return item.release > 0;
}

function colorOf(state: FunctionState, paint: Paint): (text: string) => string {
  switch (state) {
    case 'running':
      return paint.good;
    case 'building':
    case 'starting':
    case 'restarting':
      return paint.warn;
    case 'unhealthy':
    case 'crash-looping':
    case 'failed':
      return paint.bad;
    case 'stopped':
      return paint.faint;
  }
}
