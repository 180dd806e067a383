import { createContext, runInContext } from 'node:vm';

/** Milliseconds. An honest pattern needs microseconds; one that backtracks for ever is ended here. */
const LIMIT = 100;

export type Match = 'yes' | 'no' | 'slow' | 'invalid';

/**
 * Whether the whole of `value` matches a regular expression of a template. It runs under a time limit, because
 * neither side is ours (node:vm ends a running expression; it is not used as a sandbox).
 */
export function matches(pattern: string, value: string): Match {
  const context = createContext({ pattern, value });
  try {
    const result: unknown = runInContext('new RegExp(`^(?:${pattern})$`, "u").test(value)', context, {
      timeout: LIMIT,
    });
    return result === true ? 'yes' : 'no';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'slow' : 'invalid';
  }
}
