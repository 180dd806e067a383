import type { RunAnswer } from '../../src/control/api.ts';
import type { EventJson } from '../../src/cli/answers.ts';
import type { Outcome } from '../../src/core/events.ts';
import type { Command } from './project-command.ts';

/** How an `apply --json` ended. */
export interface Applied {
  readonly code: number | null;
  readonly events: readonly EventJson[];
  /** Absent when the run did not begin. */
  readonly answer: RunAnswer | undefined;
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly text: string;
  readonly durationMs: number;
}

/** Takes a finished `apply --json` apart. */
export async function appliedOf(command: Command): Promise<Applied> {
  const { code, stderr, durationMs } = await command.ended;
  const { lines } = command;
  const events = lines.filter((line) => line['kind'] !== 'result') as unknown as EventJson[];
  const answer = lines.find((line) => line['kind'] === 'result') as unknown as RunAnswer | undefined;
  const outcomes = Object.fromEntries(
    events.flatMap((event) => (event.kind === 'function-done' ? [[event.function, event.outcome]] : [])),
  );
  return { code, events, answer, outcomes, text: command.stdout + stderr, durationMs };
}
