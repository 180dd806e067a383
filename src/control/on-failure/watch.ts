import type { Clock } from '../../core/clock.ts';
import type { EventBody, Outcome } from '../../core/events.ts';
import type { FunctionName } from '../../core/names.ts';
import type { HookEvent, Trouble } from './event.ts';

/** The same is told of the same function once in this time. */
const ONCE_MS = 60_000;
/** How long trouble lasts before it is told: a data plane that ended is back within a second. */
const LASTS_MS: Readonly<Record<Trouble, number>> = {
  'crash-looping': 0,
  failed: 0,
  'apply-failed': 0,
  'router-down': 5000,
  'engine-unreachable': 60_000,
};
/** A function in a crash loop is up for a moment each time. */
const WELL_MS = 30_000;

export interface WatchParts {
  readonly clock: Clock;
  readonly report: (found: Found) => void;
}

/** What {@link HookEvent} says of the trouble itself. */
export type Found = Pick<HookEvent, 'event' | 'after' | 'state' | 'reason'> & {
  readonly function: FunctionName | null;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** One thing that may be in trouble. What is told of it follows how it is, not what happened to it on the way there. */
interface Subject {
  readonly function: FunctionName | null;
  /** How long it must be well before that is told. */
  readonly wellMs: number;
  trouble: Trouble | undefined;
  state: string;
  reason: string;
  since: number;
  told: Trouble | undefined;
  /** The trouble that was told came once more. */
  again: boolean;
  readonly lastTold: Map<HookEvent['event'], number>;
  timer: AbortController | undefined;
}

/** Makes reports of trouble, and of its end, from the daemon's events. */
export class FailureWatch {
  readonly #parts: WatchParts;
  readonly #subjects = new Map<string, Subject>();

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  take(event: EventBody): void {
    if (event.kind === 'instance-changed') this.#onState(event.function, event.state, event.reason);
    else if (event.kind === 'function-done') this.#onDone(event.function, event.outcome);
    else if (event.kind === 'router-changed') {
      this.#note('router', null, event.state === 'down' ? 'router-down' : undefined, event);
    } else if (event.kind === 'engine-changed') {
      this.#note('engine', null, event.state === 'unreachable' ? 'engine-unreachable' : undefined, event);
    }
  }

  close(): void {
    for (const subject of this.#subjects.values()) subject.timer?.abort();
    this.#subjects.clear();
  }

  #onState(name: FunctionName, state: string, reason: string): void {
    // What lies between, as `restarting`, is part of the trouble that it is in.
    if (state === 'running') this.#note(`runs ${name}`, name, undefined, { state, reason });
    else if (state === 'crash-looping' || state === 'failed')
      this.#note(`runs ${name}`, name, state, { state, reason });
  }

  #onDone(name: FunctionName, outcome: Outcome): void {
    if (outcome.kind === 'removed') {
      for (const key of [`runs ${name}`, `apply ${name}`]) {
        this.#subjects.get(key)?.timer?.abort();
        this.#subjects.delete(key);
      }
      return;
    }
    if (outcome.kind !== 'failed') {
      this.#note(`apply ${name}`, name, undefined, { state: 'running', reason: '' });
      return;
    }
    if (outcome.error.code === 'interrupted') return;
    const state = outcome.serving === null ? 'failed' : 'running';
    this.#note(`apply ${name}`, name, 'apply-failed', {
      state,
      reason: `${outcome.step}: ${outcome.error.message}`,
    });
  }

  #note(
    key: string,
    name: FunctionName | null,
    trouble: Trouble | undefined,
    how: { readonly state: string; readonly reason?: string; readonly detail?: string },
  ): void {
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      if (trouble === undefined) return;
      subject = {
        function: name,
        wellMs: key.startsWith('runs ') ? WELL_MS : 0,
        trouble: undefined,
        state: '',
        reason: '',
        since: 0,
        told: undefined,
        again: false,
        lastTold: new Map(),
        timer: undefined,
      };
      this.#subjects.set(key, subject);
    }
    if (subject.trouble !== trouble) subject.since = this.#parts.clock.now();
    // An apply that fails is told each time: somebody has tried something.
    subject.again = trouble === 'apply-failed' && subject.told === trouble;
    subject.trouble = trouble;
    subject.state = how.state;
    subject.reason = trouble === undefined ? '' : (how.reason ?? how.detail ?? '');
    this.#tellInTime(subject);
  }

  #tellInTime(subject: Subject): void {
    subject.timer?.abort();
    subject.timer = undefined;
    const { trouble, told } = subject;
    if (trouble === told && !subject.again) return;
    const { clock, report } = this.#parts;
    const event = trouble ?? 'recovered';
    const lasts = trouble === undefined ? subject.wellMs : LASTS_MS[trouble];
    const now = clock.now();
    const due = Math.max(subject.since + lasts, (subject.lastTold.get(event) ?? -Infinity) + ONCE_MS);
    if (due > now) {
      const timer = new AbortController();
      subject.timer = timer;
      clock.sleep(due - now, timer.signal).then(
        () => this.#tellInTime(subject),
        () => undefined,
      );
      return;
    }
    subject.told = trouble;
    subject.again = false;
    subject.lastTold.set(event, now);
    const after = trouble === undefined ? (told ?? null) : null;
    report({
      event,
      after,
      function: subject.function,
      state: subject.state,
      reason: subject.reason,
      at: now,
    });
  }
}
