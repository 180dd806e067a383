import type { HealthSpec, Source } from '../core/specs.ts';
import { DEFAULTS } from './defaults.ts';
import type { RawHealth } from './raw.ts';
import type { Scope } from './scope.ts';
import { formatDuration, parseDuration } from './units.ts';

/** The keys of a `health` that one file sets, and where. */
export interface HealthPart {
  readonly scope: Scope;
  readonly raw: RawHealth;
}

/**
 * Joins what the files say on probes; of two that set the same key the later part wins. A path of one's own must
 * answer 2xx. The default path is answered by the shims; of a prebuilt image any answer to it counts.
 */
export function healthSpec(kind: Source['kind'], parts: readonly HealthPart[]): HealthSpec {
  const { health } = DEFAULTS;
  const path = value(parts, (raw) => raw.path);
  const intervalMs = milliseconds(parts, 'interval', health.interval, 100);
  const timeoutMs = milliseconds(parts, 'timeout', health.timeout, 10);
  if (timeoutMs > intervalMs) {
    const part = parts.findLast(({ raw }) => raw.timeout !== undefined || raw.interval !== undefined);
    part?.scope.error(
      part.raw.timeout === undefined ? 'interval' : 'timeout',
      `health.timeout (${formatDuration(timeoutMs)}) is longer than health.interval (${formatDuration(intervalMs)})`,
    );
  }
  return {
    path: path ?? health.path,
    expect: path === undefined && kind === 'image' ? 'any' : '2xx',
    intervalMs,
    timeoutMs,
    retries: value(parts, (raw) => raw.retries) ?? health.retries,
    startPeriodMs: milliseconds(parts, 'start_period', health.startPeriod, 0),
  };
}

function value<Value>(
  parts: readonly HealthPart[],
  get: (raw: RawHealth) => Value | undefined,
): Value | undefined {
  return parts.map(({ raw }) => get(raw)).findLast((found) => found !== undefined);
}

function milliseconds(
  parts: readonly HealthPart[],
  key: 'interval' | 'timeout' | 'start_period',
  fallback: string,
  min: number,
): number {
  const set = parts.map(({ scope, raw }) => scope.duration(key, raw[key], fallback, { min }));
  const last = parts.findLastIndex(({ raw }) => raw[key] !== undefined);
  return set[last] ?? parseDuration(fallback);
}
