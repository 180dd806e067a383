import { describe, expect, it } from 'vitest';

import { afterProbe, HealthMonitor } from '../../../src/reconcile/health.ts';
import type { Health } from '../../../src/reconcile/health.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { instanceOf, nameOf, releaseOf } from '../../support/releases.ts';
import { startFunction } from '../../support/upstream.ts';
import { until } from '../../support/until.ts';

const GOOD = { healthy: true, detail: '200', durationMs: 1 };
const BAD = { healthy: false, detail: 'GET / answered 500', durationMs: 1 };

describe('the record of health', () => {
  const begin: Health = { state: 'healthy', failures: 0, last: undefined, probedAt: undefined, since: 0 };
  const after = (...results: readonly (typeof GOOD)[]): Health =>
    results.reduce((before, result, index) => afterProbe(before, result, 3, index + 1), begin);

  it('is unhealthy after three failures in a row', () => {
    expect(after(BAD, BAD)).toMatchObject({ state: 'healthy', failures: 2, since: 0 });
    expect(after(BAD, BAD, BAD)).toMatchObject({ state: 'unhealthy', failures: 3, since: 3, last: BAD });
    expect(after(BAD, BAD, GOOD, BAD, BAD)).toMatchObject({ state: 'healthy', failures: 2 });
  });

  it('is healthy after one success', () => {
    expect(after(BAD, BAD, BAD, BAD, GOOD)).toMatchObject({ state: 'healthy', failures: 0, since: 5 });
  });

  it('keeps the time of the first failure while it goes on failing', () => {
    expect(after(BAD, BAD, BAD, BAD, BAD)).toMatchObject({ state: 'unhealthy', since: 3, probedAt: 5 });
  });
});

describe('the monitor', () => {
  it('probes at the interval and tells of changes only', async () => {
    const clock = new FakeClock();
    let status = 200;
    let probes = 0;
    const { port } = await startFunction((_request, response) => {
      probes += 1;
      response.statusCode = status;
      response.end();
    });
    const changes: string[] = [];
    const monitor = new HealthMonitor(clock, (name) =>
      changes.push(`${name}: ${monitor.health(instance.id)?.state}`),
    );
    const release = releaseOf('sum');
    const instance = instanceOf(release, { port });
    monitor.watch(instance, release.spec);
    monitor.watch(instance, release.spec);
    const probed = async (count: number): Promise<void> => {
      await clock.advance(10_000);
      await until(`probe ${count}`, () => probes === count && clock.sleeping === 1);
    };
    await clock.advance(9999);
    expect(probes).toBe(0);
    status = 500;
    await clock.advance(1);
    await until('the first probe', () => probes === 1 && clock.sleeping === 1);
    for (const count of [2, 3, 4]) await probed(count);
    expect(changes).toEqual(['sum: unhealthy']);
    status = 200;
    for (const count of [5, 6]) await probed(count);
    expect(changes).toEqual(['sum: unhealthy', 'sum: healthy']);
    monitor.close();
    await clock.advance(60_000);
    expect([probes, clock.sleeping, monitor.health(instance.id)]).toEqual([6, 0, undefined]);
  });

  it('ends with the instances that are gone, of that function alone', async () => {
    const clock = new FakeClock();
    const monitor = new HealthMonitor(clock, () => undefined);
    const [sum, mul] = [releaseOf('sum'), releaseOf('mul')];
    const [kept, gone, other] = [
      instanceOf(sum, { createdAt: 1 }),
      instanceOf(sum, { createdAt: 2 }),
      instanceOf(mul),
    ];
    for (const instance of [kept, gone, other]) monitor.watch(instance, sum.spec);
    monitor.retain(nameOf('sum'), new Set([kept.id]));
    await clock.advance(0);
    expect([kept, gone, other].map(({ id }) => monitor.health(id)?.state)).toEqual([
      'healthy',
      undefined,
      'healthy',
    ]);
    expect(clock.sleeping).toBe(2);
    monitor.close();
  });
});
