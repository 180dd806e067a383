import type { FunctionName } from '../../core/names.ts';
import type { StepKind } from '../../core/steps.ts';
import { programLine } from './safe.ts';
import { withRight, LINE_COLUMNS } from './table.ts';
import { count, elapsed } from './text.ts';
import { cut, pad } from './width.ts';

/** What goes on with one function right now. */
export interface Activity {
  readonly step: StepKind;
  /** When the step began, in milliseconds since 1970. */
  readonly since: number;
  /** The last line of a build's log, or why it takes so long. */
  readonly last: string;
}

/** One line for each function that something goes on with, and how many wait for their turn. */
export function activityLines(
  active: ReadonlyMap<FunctionName, Activity>,
  waiting: number,
  names: number,
  now: number,
  columns: number,
): string[] {
  const lineColumns = Math.min(LINE_COLUMNS, columns - 1);
  const lines = [...active].map(([name, { step, since, last }]) => {
    const right = elapsed(now - since);
    const left = `${pad(`${name}  `, names)}${last === '' ? WORDS[step] : `${WORDS[step]}: ${programLine(last)}`}`;
    return withRight(cut(left, lineColumns - right.length - 2), right, lineColumns);
  });
  return waiting === 0 ? lines : [...lines, `${' '.repeat(names)}${count(waiting, 'function')} waiting`];
}

/** The same in one line of its own, for what takes long where no line can be rewritten. */
export function stillText({ step, since, last }: Activity, now: number): string {
  const why = last === '' ? '' : `: ${programLine(last)}`;
  return `still ${WORDS[step]} after ${elapsed(now - since)}${why}`;
}

const WORDS: Readonly<Record<StepKind, string>> = {
  'build-image': 'building',
  'start-instance': 'starting',
  'await-healthy': 'waiting until it is healthy',
  'run-tests': 'running its tests',
  commit: 'committing',
  'switch-route': 'switching its routes',
  'drain-instance': 'finishing requests on the old instance',
  'remove-instance': 'removing the old instance',
  prune: 'removing old images',
};
