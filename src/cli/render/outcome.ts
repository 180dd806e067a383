import { short } from '../../core/names.ts';
import type { Outcome } from '../../core/events.ts';
import { renderDiagnostics } from './diagnostic.ts';
import { renderRest } from './error.ts';
import type { Paint } from './paint.ts';
import { plain, programLine } from './safe.ts';
import { count, duration, list } from './text.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** How a function came out, in one line. `durationMs`: of the step, where one failed. */
export function outcomeText(outcome: Outcome, durationMs: number, paint: Paint): string {
  switch (outcome.kind) {
    case 'unchanged':
      return 'up to date';
    case 'deployed':
      return [
        'healthy',
        ...(outcome.tests > 0 ? [`${count(outcome.tests, 'test')} passed`] : []),
        served(outcome.paths),
      ].join(', ');
    case 'routed':
      return served(outcome.paths);
    case 'removed':
      return 'removed';
    case 'failed':
      if (outcome.error.code === 'interrupted')
        return `cancelled in ${outcome.step} after ${duration(durationMs)}`;
      return `${paint.bad('FAILED')} in ${outcome.step} after ${duration(durationMs)}: ${programLine(outcome.error.message)}`;
  }
}

/** What is more to say of a failure: details, what goes on serving (where the run is about that), what to do. */
export function failureLines(outcome: Failed, serves: boolean, columns: number, paint: Paint): string[] {
  const { error, serving } = outcome;
  if (error.code === 'interrupted') return serves && serving !== null ? [servingText(serving)] : [];
  const rest = renderRest({ ...error, hint: null });
  return [
    ...renderDiagnostics(error.where, columns, paint),
    ...rest.map((line) => `  ${line}`.trimEnd()),
    ...(serves ? [servingText(serving)] : []),
    ...(error.hint === null ? [] : [`hint: ${programLine(error.hint)}`]),
  ];
}

function servingText(serving: Failed['serving']): string {
  if (serving === null) return 'No earlier release serves it.';
  const paths = serving.paths.length === 0 ? '' : ` ${list(serving.paths.map(plain))}`;
  return `Release ${serving.release} (${short(serving.revision)}) goes on serving${paths}.`;
}

function served(paths: readonly string[]): string {
  return paths.length === 0 ? 'without a route' : `now at ${list(paths.map(plain))}`;
}
