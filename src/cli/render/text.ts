/** Numbers and counts in words. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took, from milliseconds: `0.6 s`, `1 min 12 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  return longDuration(ms);
}

/** How long something short took: `12 ms`, and from a second on as {@link duration}. */
export function milliseconds(ms: number): string {
  return ms < SECOND ? `${Math.max(0, Math.round(ms))} ms` : duration(ms);
}

/** How long something has been going on, in whole seconds: `7 s`, `1 min 12 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / SECOND);
  return seconds < 60 ? `${seconds} s` : longDuration(seconds * SECOND);
}

/** How old something is: `12 s`, `5 m`, `2 h`, `3 d 4 h`. */
export function age(ms: number): string {
  const past = Math.max(0, ms);
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} m`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h`;
  const hours = Math.floor((past % DAY) / HOUR);
  return `${Math.floor(past / DAY)} d${hours === 0 ? '' : ` ${hours} h`}`;
}

/** `1 test`, `2 tests`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A size on a disk: `812 bytes`, `4.2 kB`, `212 MB`, `1.4 GB`; a kB is 1000 bytes, as Docker and df -H say it. */
export function bytes(number: number): string {
  if (number < 1000) return `${number} byte${number === 1 ? '' : 's'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = number / 1000;
  let unit = 0;
  // 999.9 is shown as 1000, which is one of the next unit.
  for (; size >= 999.5 && unit < units.length - 1; unit += 1) size /= 1000;
  return `${size < 10 ? size.toFixed(1) : size.toFixed(0)} ${units[unit] ?? ''}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** Time of day in the time zone of the one who reads: `14:03:12`. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function longDuration(ms: number): string {
  const seconds = Math.round(ms / SECOND);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
