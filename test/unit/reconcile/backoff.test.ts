import { describe, expect, it } from 'vitest';

import { afterFailure, afterRestart, delayMs, leftMs, noFailures } from '../../../src/reconcile/backoff.ts';
import type { Failures } from '../../../src/reconcile/backoff.ts';

function failed(times: number): Failures {
  return Array.from({ length: times }).reduce<Failures>((before) => afterFailure(before, 0), noFailures);
}

describe('back-off', () => {
  it('begins with a second and doubles up to five minutes', () => {
    const delays = Array.from({ length: 12 }, (_, index) => delayMs(failed(index + 1), 0) / 1000);
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(delayMs(failed(5000), 0)).toBe(300_000);
  });

  it('is spread by up to a tenth', () => {
    expect([delayMs(failed(3), 0), delayMs(failed(3), 0.5), delayMs(failed(3), 0.999)]).toEqual([
      4000, 4200, 4400,
    ]);
  });

  it('begins afresh after ten healthy minutes, and not a moment earlier', () => {
    const before = afterRestart(failed(7), 0);
    expect(afterFailure(before, 599_999).count).toBe(8);
    expect(afterFailure(before, 600_000)).toMatchObject({ count: 1, looping: false, restarts: 1 });
  });
});

describe('what is left to wait', () => {
  it('is never less than nothing', () => {
    expect([leftMs(5000, 2000), leftMs(5000, 5000), leftMs(5000, 9000)]).toEqual([3000, 0, 0]);
  });

  it('is nothing when the clock was set back by hours', () => {
    expect(leftMs(86_400_000, 0)).toBe(0);
  });
});

describe('a crash loop', () => {
  const restart = (times: readonly number[]): Failures => times.reduce(afterRestart, noFailures);

  it('is five restarts within a minute', () => {
    expect(restart([0, 1, 2, 60_000]).looping).toBe(false);
    expect(restart([0, 1, 2, 3, 60_001]).looping).toBe(false);
    expect(restart([0, 1, 2, 3, 60_000]).looping).toBe(true);
  });

  it('lasts until ten healthy minutes have passed', () => {
    const looping = restart([0, 1, 2, 3, 4]);
    expect(afterRestart(looping, 400_000).looping).toBe(true);
    expect(afterFailure(looping, 0).looping).toBe(true);
    expect(afterFailure(looping, 600_000).looping).toBe(false);
  });
});
