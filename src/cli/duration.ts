import { FaasoError } from '../core/errors.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Timers cannot be longer than 24 days; nothing here needs more than one. */
const LONGEST_MS = 24 * 3_600_000;

/** Milliseconds of `500ms`, `30s`, `5m` or `2h`. Throws `usage`. */
export function parseDuration(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNITS[unit] ?? 0));
  if (number !== undefined && ms >= 1 && ms <= LONGEST_MS) return ms;
  throw new FaasoError('usage', `${option} takes a time of at most 24h, not "${text}"`, {
    hint: `for example ${option} 500ms, 30s or 5m`,
  });
}
