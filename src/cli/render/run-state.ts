import type { FaasoEvent } from '../../core/events.ts';
import type { FunctionName } from '../../core/names.ts';
import type { Activity } from './activity.ts';

/** What goes on, from the events so far. */
export class RunState {
  readonly names = new Set<FunctionName>();
  readonly active = new Map<FunctionName, Activity>();
  /** Functions of the plan that nothing has been done for yet. */
  readonly waiting = new Set<FunctionName>();
  /** When a function's first step began, or its image was done: what comes next took the time since. */
  readonly marks = new Map<FunctionName, number>();

  take(event: FaasoEvent): void {
    switch (event.kind) {
      case 'run-started':
        for (const item of event.plan.functions) {
          this.names.add(item.function);
          if (item.action !== 'none') this.waiting.add(item.function);
        }
        break;
      case 'step-started':
        this.names.add(event.function);
        this.waiting.delete(event.function);
        if (!this.marks.has(event.function)) this.marks.set(event.function, event.at);
        this.active.set(event.function, { step: event.step, since: event.at, last: '' });
        break;
      case 'step-done':
        if (event.step === 'build-image') this.marks.set(event.function, event.at);
        // Nothing comes after it.
        if (event.step === 'remove-instance') this.#done(event.function);
        break;
      case 'build-log':
        this.#note(event.function, event.line);
        break;
      case 'step-waiting':
        this.#note(event.function, event.why);
        break;
      case 'function-done':
        this.#done(event.function);
        break;
      case 'run-done':
        this.active.clear();
        this.waiting.clear();
        this.marks.clear();
        break;
      case 'test-done':
      case 'run-waiting':
      case 'instance-changed':
      case 'config-invalid':
      case 'config-warning':
      case 'engine-changed':
      case 'router-changed':
      case 'notice':
      case 'failure':
        break;
    }
  }

  #note(name: FunctionName, last: string): void {
    const activity = this.active.get(name);
    if (activity !== undefined && last.trim() !== '') this.active.set(name, { ...activity, last });
  }

  #done(name: FunctionName): void {
    this.active.delete(name);
    this.waiting.delete(name);
    this.marks.delete(name);
  }
}
