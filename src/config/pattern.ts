import { createContext, runInContext } from 'node:vm';

/** Milliseconds. An honest pattern needs microseconds; one that backtracks for ever is ended here. */
const LIMIT = 100;
/** Milliseconds that it may wait for its turn at most. */
const LONGEST = 5000;

/** Repeated letters that an exponential pattern does not get through in a lifetime. */
const LONG = 48;
/** Run several times in one context, so it declares nothing. */
const RUN = 'values.map((value) => new RegExp(`^(?:${pattern})$`, "u").test(value)).every(Boolean)';

export type Match = 'yes' | 'no' | 'slow' | 'invalid';

/**
 * Whether the whole of `value` matches a regular expression of a template. It runs under a time limit, because
 * neither side is ours (node:vm ends a running expression; it is not used as a sandbox).
 */
export function matches(pattern: string, value: string): Match {
  return run(pattern, [value]);
}

/**
 * Whether a text can keep the pattern busy for ever. Tried out, because a repetition in a repetition may well be
 * harmless: only patterns that have one, or repeat a choice, are run against texts that begin right and end wrong.
 */
export function canRunAway(pattern: string, right: string): boolean {
  if (!repeatsRepetition(pattern)) return false;
  const letters = new Set(['a', '0', ...(pattern.match(/[\w ./:-]/g) ?? [])]);
  const starts = Array.from({ length: Math.min(right.length, 16) + 1 }, (_, length) =>
    right.slice(0, length),
  );
  const texts = [...letters].flatMap((letter) =>
    [...starts, right].map((start) => `${start}${letter.repeat(LONG)}\n`),
  );
  return run(pattern, texts) === 'slow';
}

function run(pattern: string, values: readonly string[]): Match {
  const context = createContext({ pattern, values });
  const before = process.cpuUsage();
  for (let timeout = LIMIT; ; timeout *= 2) {
    try {
      const result: unknown = runInContext(RUN, context, { timeout });
      return result === true ? 'yes' : 'no';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'invalid';
      // On a busy machine the time may have passed without a turn of its own.
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 >= LIMIT / 2 || timeout > LONGEST) return 'slow';
    }
  }
}

/** Whether a group that repeats without bound has such a repetition, or a choice, in it. */
function repeatsRepetition(pattern: string): boolean {
  const pieces = pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|(\()|(\))|(\|)|([*+]|\{\d+,\d*\})|[^]/gsu);
  const groups = [{ varies: false }];
  let closed: { readonly varies: boolean } | undefined;
  for (const [, opens, closes, choice, repeats] of pieces) {
    const group = groups.at(-1) ?? { varies: false };
    const before = closed;
    closed = undefined;
    if (opens !== undefined) groups.push({ varies: false });
    else if (closes !== undefined && groups.length > 1) {
      closed = groups.pop();
      const outer = groups.at(-1);
      if (outer !== undefined && closed?.varies === true) outer.varies = true;
    } else if (choice !== undefined) group.varies = true;
    else if (repeats !== undefined) {
      if (before?.varies === true) return true;
      group.varies = true;
    }
  }
  return false;
}
