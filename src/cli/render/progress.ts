import type { FaasoEvent, Outcome } from '../../core/events.ts';
import type { FunctionName } from '../../core/names.ts';
import type { Io, Sink } from '../io.ts';
import type { Activity } from './activity.ts';
import { activityLines } from './activity.ts';
import { countDiagnostics, renderDiagnostics } from './diagnostic.ts';
import { renderError } from './error.ts';
import { createLive } from './live.ts';
import { failureLines, outcomeText } from './outcome.ts';
import type { Paint } from './paint.ts';
import { plain, programLine } from './safe.ts';
import { nameColumn, withRight } from './table.ts';
import { duration, elapsed, timeOfDay } from './text.ts';
import { pad } from './width.ts';

export interface Progress {
  readonly onEvent: (event: FaasoEvent) => void;
  /** From now on each line begins with the time of day: for a verb that goes on for hours. */
  readonly stamp: () => void;
  /** Prints lines that stay, above the live ones. */
  readonly tell: (sink: Sink, lines: readonly string[]) => void;
  readonly close: () => void;
}

const TICK_MS = 1000;

/**
 * Tells of a run as it goes: a line that stays for each image that was built and each function that is done, and
 * on a terminal a line that is rewritten for each function that something goes on with. `ends`: the verb ends with
 * the run, so what is wrong with the files is its error and is not told here.
 */
export function createProgress(io: Io, paint: Paint, errPaint: Paint, ends: boolean): Progress {
  const live = createLive(io, paint);
  const active = new Map<FunctionName, Activity>();
  const waiting = new Set<FunctionName>();
  /** When the last line of a function was printed, or its first step began. */
  const marks = new Map<FunctionName, number>();
  const known = new Set<FunctionName>();
  const down = new Set<'engine' | 'router'>();
  let stamped = false;

  const names = (): number => nameColumn([...known]);
  const refresh = (): void => {
    live.update((columns) => activityLines(active, waiting.size, names(), io.now(), columns));
  };
  const stopTicking = io.every(TICK_MS, refresh);

  const print = (lines: readonly string[], at: number, trouble = false): void => {
    const time = stamped ? `${timeOfDay(at)}  ` : '';
    const indented = lines.map((line, index) =>
      line === '' ? '' : `${index === 0 ? time : ' '.repeat(time.length)}${line}`,
    );
    live.print(trouble ? io.err : io.out, indented);
  };
  const labelled = (label: string, text: string): string => `${pad(`${label}  `, names())}${text}`;

  const done = (name: FunctionName, outcome: Outcome, at: number, durationMs: number): void => {
    active.delete(name);
    waiting.delete(name);
    if (outcome.kind === 'failed') {
      const indent = ' '.repeat(names());
      const more = failureLines(outcome, (io.err.columns ?? 120) - names(), errPaint).map(
        (line) => indent + line,
      );
      print([labelled(name, outcomeText(outcome, durationMs, errPaint)), ...more], at, true);
    } else if (outcome.kind !== 'unchanged') {
      const mark = marks.get(name);
      const took = duration(mark === undefined ? durationMs : at - mark);
      print([withRight(labelled(name, outcomeText(outcome, durationMs, paint)), took)], at);
    }
    marks.delete(name);
  };

  const onEvent = (event: FaasoEvent): void => {
    switch (event.kind) {
      case 'run-waiting':
        print(
          [`Waiting for ${plain(event.for.by)}, which began ${elapsed(event.at - event.for.since)} ago.`],
          event.at,
        );
        break;
      case 'run-started':
        for (const item of event.plan.functions) {
          known.add(item.function);
          if (item.action !== 'none') waiting.add(item.function);
        }
        break;
      case 'step-started':
        known.add(event.function);
        waiting.delete(event.function);
        if (!marks.has(event.function)) marks.set(event.function, event.at);
        active.set(event.function, { step: event.step, since: event.at, log: '' });
        break;
      case 'step-done':
        if (event.step !== 'build-image') break;
        marks.set(event.function, event.at);
        print(
          [withRight(labelled(event.function, plain(event.detail) || 'built'), duration(event.durationMs))],
          event.at,
        );
        break;
      case 'build-log': {
        const activity = active.get(event.function);
        if (activity !== undefined && event.line.trim() !== '')
          active.set(event.function, { ...activity, log: event.line });
        break;
      }
      case 'function-done':
        done(event.function, event.outcome, event.at, event.durationMs);
        break;
      case 'run-done':
        active.clear();
        waiting.clear();
        marks.clear();
        break;
      case 'instance-changed': {
        const healthy = event.state === 'running';
        const state = healthy ? paint.good(event.state) : errPaint.bad(plain(event.state));
        print(
          [labelled(event.function, event.reason === '' ? state : `${state}: ${programLine(event.reason)}`)],
          event.at,
          !healthy,
        );
        break;
      }
      case 'config-invalid':
        if (ends) break;
        print([...renderDiagnostics(event.diagnostics, io.err.columns ?? 120, errPaint)], event.at, true);
        print([`${countDiagnostics(event.diagnostics)}. What runs goes on as it is.`], event.at, true);
        break;
      case 'config-warning':
        print(renderDiagnostics(event.diagnostics, io.err.columns ?? 120, errPaint), event.at, true);
        break;
      case 'engine-changed':
      case 'router-changed': {
        const what = event.kind === 'engine-changed' ? 'engine' : 'router';
        const ill = event.state === 'unreachable' || event.state === 'down';
        // That all is well is news only after trouble.
        if (ill || down.has(what))
          print([labelled(what, changeText(event.state, event.detail))], event.at, ill);
        if (ill) down.add(what);
        else down.delete(what);
        break;
      }
      case 'notice':
        print([programLine(event.message)], event.at);
        break;
      case 'failure':
        print(renderError(event.error, io.err.columns ?? 120, errPaint), event.at, true);
        break;
    }
    refresh();
  };

  return {
    onEvent,
    stamp: () => {
      stamped = true;
    },
    tell: live.print,
    close: () => {
      stopTicking();
      live.close();
    },
  };
}

function changeText(state: string, detail: string): string {
  return detail === '' ? state : `${state}: ${programLine(detail)}`;
}
