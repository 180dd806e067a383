/** What a duration looks like. */
export const DURATION_PATTERN =
  '^(?=[0-9])(?:[0-9]{1,6}(?:\\.[0-9]{1,3})?h)?(?:[0-9]{1,6}(?:\\.[0-9]{1,3})?m)?(?:[0-9]{1,6}(?:\\.[0-9]{1,3})?s)?(?:[0-9]{1,9}ms)?$';
/** What a size looks like; a number without unit is bytes. */
export const SIZE_PATTERN = '^[0-9]{1,15}(?:\\.[0-9]{1,3})?(?:[bB]|[kKmMgGtT](?:[iI]?[bB])?)?$';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const POWERS = 'bkmgt';

/** Milliseconds of a text that matches {@link DURATION_PATTERN}: `500ms`, `10s`, `1m30s`, `2h`. */
export function parseDuration(text: string): number {
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    total += Number(number) * (MILLISECONDS[unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}

/** Bytes of a number, or of a text that matches {@link SIZE_PATTERN}; multiples are binary as in Docker: `1k` = 1024. */
export function parseSize(value: string | number): number {
  const [, number, unit] = /^([0-9.]+)([a-z]?)/.exec(String(value).toLowerCase()) ?? [];
  return Math.round(Number(number) * 1024 ** Math.max(0, POWERS.indexOf(unit || 'b')));
}

/** Milliseconds in the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = MILLISECONDS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** Bytes in the largest binary unit that needs no fraction. */
export function formatSize(bytes: number): string {
  let rest = bytes;
  let power = 0;
  while (rest >= 1024 && rest % 1024 === 0 && power < POWERS.length - 1) {
    rest /= 1024;
    power += 1;
  }
  if (power === 0) return rest === 1 ? '1 byte' : `${rest} bytes`;
  return `${rest}${POWERS[power] ?? ''}`;
}
