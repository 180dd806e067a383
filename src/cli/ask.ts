import { FaasoError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** Of a narrower terminal, and of one that does not know its width, the questions make a mess. */
const MIN_COLUMNS = 40;

/** A word that is typed. */
interface Question {
  readonly message: string;
  /** Taken where nothing is typed. */
  readonly initial: string;
  /** Why an answer will not do; `undefined` when it will. */
  readonly problem: (answer: string) => string | undefined;
}

interface Choice {
  readonly value: string;
  readonly hint: string;
}

/** Questions on a terminal. Each rejects with `interrupted` at Ctrl-C. */
export interface Asker {
  text(question: Question): Promise<string>;
  choose(message: string, choices: readonly Choice[], initial: string): Promise<string>;
}

/** Whether there is somebody to ask: answers come from and questions go to a terminal that can draw them. */
export function canAsk(io: Io, json: boolean): boolean {
  const { columns } = io.out;
  const draws = columns !== undefined && columns >= MIN_COLUMNS && io.env['TERM'] !== 'dumb';
  return !json && io.out.isTTY && io.input.isTTY && draws;
}

/** Asks on the terminal of this process. Loaded late: most uses of faaso ask nothing. */
export async function createAsker(): Promise<Asker> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const answered = (answer: string | symbol): string => {
    if (isCancel(answer)) throw new FaasoError('interrupted', 'cancelled: nothing was written');
    return String(answer);
  };
  return {
    text: async ({ message, initial, problem }) =>
      answered(
        await text({
          message,
          placeholder: initial,
          defaultValue: initial,
          validate: (value) => (value === undefined || value === '' ? undefined : problem(value)),
        }),
      ),
    choose: async (message, choices, initial) =>
      answered(
        await select<string>({
          message,
          options: choices.map(({ value, hint }) => ({ value, label: value, hint })),
          initialValue: initial,
        }),
      ),
  };
}
