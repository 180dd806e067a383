import { FaasoError } from '../core/errors.ts';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
// A date, with a time and a zone if wanted (ISO 8601); Date.parse alone would take much more, "1" for instance.
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Reads `10m` (before `now`) or a date; returns milliseconds since 1970. Throws `usage`. */
export function parseSince(text: string, now: number): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number !== undefined && (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd'))
    return now - Number(number) * UNITS[unit];
  const at = DATE.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new FaasoError('usage', `--since takes an age or a time, not "${text}"`, {
      hint: 'for example --since 30s, 10m, 2h, 3d or 2026-11-21T07:00:00Z',
    });
  }
  return at;
}
