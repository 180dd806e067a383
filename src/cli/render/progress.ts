import type { FaasoEvent } from '../../core/events.ts';
import type { FunctionName } from '../../core/names.ts';
import type { Io, Sink } from '../io.ts';
import { activityLines, stillText } from './activity.ts';
import { countDiagnostics, renderDiagnostics } from './diagnostic.ts';
import { renderError } from './error.ts';
import { createLive } from './live.ts';
import { failureLines, outcomeText } from './outcome.ts';
import type { Paint } from './paint.ts';
import { settingsLines } from './plan.ts';
import { RunState } from './run-state.ts';
import { plain, programLine } from './safe.ts';
import { LINE_COLUMNS, nameColumn, withRight } from './table.ts';
import { duration, elapsed, milliseconds, timeOfDay } from './text.ts';
import { pad, wrap } from './width.ts';

export interface Progress {
  readonly onEvent: (event: FaasoEvent) => void;
  /** From now on each line begins with the time of day: for a verb that goes on for hours. */
  readonly stamp: () => void;
  /** Prints lines that stay, above the live ones. */
  readonly tell: (sink: Sink, lines: readonly string[]) => void;
  readonly close: () => void;
}

export interface ProgressOptions {
  /** The verb ends with the run: what is wrong with the files is its error then, and is not told here. */
  readonly ends: boolean;
  /** Whether the run is about what serves: a failure says what goes on serving. */
  readonly serves: boolean;
}

type FunctionDone = Extract<FaasoEvent, { kind: 'function-done' }>;

/** Often enough to follow a build's log; what did not change is not written again. */
const TICK_MS = 250;
/** How long a step goes on before that is said, and how long until it is said again. */
const LONG_MS = 10_000;
const AGAIN_MS = 30_000;
const STAMP_COLUMNS = '00:00:00  '.length;
const NO_TERMINAL_COLUMNS = 120;

/**
 * Tells of a run as it goes: a line that stays for each image that was built and each function that is done, and
 * on a terminal a line that is rewritten for each function that something goes on with.
 */
export function createProgress(io: Io, paint: Paint, errPaint: Paint, options: ProgressOptions): Progress {
  const live = createLive(io, paint);
  const state = new RunState();
  /** What was reported as down and not yet as up again. */
  const down = new Set<'engine' | 'router'>();
  /** Functions that were reported as anything but running since. */
  const ill = new Set<FunctionName>();
  /** When it was last said of a step (that began at `since`) that it goes on. */
  const saidAt = new Map<FunctionName, { readonly since: number; readonly at: number }>();
  let indent = 0;

  const names = (): number => nameColumn([...state.names]);
  const refresh = (): void => {
    live.update((columns) =>
      activityLines(state.active, state.waiting.size, names(), io.now(), columns - indent).map(
        (line) => ' '.repeat(indent) + line,
      ),
    );
  };

  const write = (sink: Sink, lines: readonly string[], at: number): void => {
    const first = indent === 0 ? '' : `${timeOfDay(at)}  `;
    const rest = ' '.repeat(indent);
    const room = sink.columns === undefined ? undefined : sink.columns - indent;
    const fitting = room === undefined ? lines : lines.flatMap((line) => wrap(line, room));
    live.print(
      sink,
      fitting.map((line, index) => `${index === 0 ? first : rest}${line}`.trimEnd()),
    );
  };
  const good = (lines: readonly string[], at: number): void => write(io.out, lines, at);
  const bad = (lines: readonly string[], at: number): void => write(io.err, lines, at);
  const labelled = (label: string, text: string): string => `${pad(`${label}  `, names())}${text}`;
  const timed = (text: string, ms: number): string => timedText(text, duration(ms));
  const timedText = (text: string, took: string): string =>
    withRight(text, took, Math.min(LINE_COLUMNS, (io.out.columns ?? LINE_COLUMNS + 1) - 1 - indent));
  const errColumns = (): number => (io.err.columns ?? NO_TERMINAL_COLUMNS) - indent;

  /** Where nothing is rewritten, a step that takes long would look like one that hangs. */
  const tellOfLongSteps = (): void => {
    const now = io.now();
    for (const [name, activity] of state.active) {
      const said = saidAt.get(name);
      const due = said?.since === activity.since ? said.at + AGAIN_MS : activity.since + LONG_MS;
      if (now < due) continue;
      saidAt.set(name, { since: activity.since, at: now });
      bad([labelled(name, stillText(activity, now))], now);
    }
  };
  const stopTicking = io.every(TICK_MS, live.shows ? refresh : tellOfLongSteps);

  const functionDone = ({ function: name, outcome, at, durationMs }: FunctionDone): void => {
    if (outcome.kind === 'unchanged') return;
    if (outcome.kind === 'failed') {
      const since = state.active.get(name)?.since;
      const line = outcomeText(outcome, since === undefined ? durationMs : at - since, errPaint);
      const more = failureLines(outcome, options.serves, errColumns() - names(), errPaint);
      bad([labelled(name, line), ...more.map((text) => labelled('', text))], at);
      return;
    }
    const text = labelled(name, outcomeText(outcome, durationMs, paint));
    const mark = state.marks.get(name);
    const took = mark === undefined ? durationMs : at - mark;
    good([took === 0 ? text : timed(text, took)], at);
  };

  const instanceChanged = (name: FunctionName, now: string, reason: string, at: number): void => {
    const healthy = now === 'running';
    // That all is well is news only after trouble.
    if (healthy && !ill.delete(name)) return;
    if (!healthy) ill.add(name);
    const shown = healthy ? paint.good(now) : errPaint.bad(plain(now));
    const line = labelled(name, reason === '' ? shown : `${shown}: ${programLine(reason)}`);
    if (healthy) good([line], at);
    else bad([line], at);
  };

  const partChanged = (part: 'engine' | 'router', now: string, detail: string, at: number): void => {
    const line = labelled(part, detail === '' ? now : `${now}: ${programLine(detail)}`);
    if (now === 'unreachable' || now === 'down') {
      down.add(part);
      bad([line], at);
    } else if (down.delete(part)) {
      good([line], at);
    }
  };

  const tellOf = (event: FaasoEvent): void => {
    const { at } = event;
    switch (event.kind) {
      case 'run-started':
        if (event.plan.settings !== undefined) good(settingsLines(event.plan), at);
        break;
      case 'step-started':
      case 'step-waiting':
      case 'build-log':
      case 'run-done':
        break;
      case 'run-waiting':
        // Not how anything came out, but why it does not go on.
        bad(
          [
            `Waiting for ${plain(event.for.by)}, which began ${elapsed(at - Date.parse(event.for.since))} ago.`,
          ],
          at,
        );
        break;
      case 'step-done':
        if (event.step === 'build-image')
          good([timed(labelled(event.function, builtText(event.detail)), event.durationMs)], at);
        break;
      case 'test-done': {
        const took = milliseconds(event.durationMs);
        if (event.problems.length === 0) {
          good([timedText(labelled(event.function, `ok      ${plain(event.test)}`), took)], at);
          break;
        }
        const failed = `${errPaint.bad('FAILED')}  ${plain(event.test)}`;
        const below = [plain(event.request), ...event.problems.map(programLine)];
        const lines = below.map((line) => labelled('', `        ${line}`));
        bad([timedText(labelled(event.function, failed), took), ...lines], at);
        break;
      }
      case 'function-done':
        functionDone(event);
        break;
      case 'instance-changed':
        instanceChanged(event.function, event.state, event.reason, at);
        break;
      case 'config-invalid':
        if (options.ends) break;
        bad(renderDiagnostics(event.diagnostics, errColumns(), errPaint), at);
        bad([`${countDiagnostics(event.diagnostics)}. What runs goes on as it is.`], at);
        break;
      case 'config-warning':
        bad(renderDiagnostics(event.diagnostics, errColumns(), errPaint), at);
        break;
      case 'engine-changed':
        partChanged('engine', event.state, event.detail, at);
        break;
      case 'router-changed':
        partChanged('router', event.state, event.detail, at);
        break;
      case 'notice':
        good([programLine(event.message)], at);
        break;
      case 'failure':
        bad(renderError(event.error, errColumns(), errPaint), at);
        break;
    }
  };

  return {
    onEvent: (event) => {
      tellOf(event);
      state.take(event);
      // A build can log thousands of lines a second: the next tick shows the last of them.
      if (event.kind !== 'build-log') refresh();
    },
    stamp: () => {
      indent = STAMP_COLUMNS;
    },
    tell: live.print,
    close: () => {
      stopTicking();
      live.close();
    },
  };
}

/** The detail of a build is its revision, or in words why nothing was built. */
function builtText(detail: string): string {
  if (detail === '') return 'built';
  return /^[0-9a-f]{8}\b/.test(detail) ? `built ${plain(detail)}` : plain(detail);
}
