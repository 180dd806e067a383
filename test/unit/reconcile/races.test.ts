import { describe, expect, it, vi } from 'vitest';

import { FaasoError } from '../../../src/core/errors.ts';
import type { EventBody } from '../../../src/core/events.ts';
import { intercept } from '../../support/intercept.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import { nameOf } from '../../support/releases.ts';

const sum = (version: string): { version: string; routes: string[] } => ({ version, routes: ['/sum'] });

/** Does something at the moment at which a step begins. */
function atStep(bench: ReconcileBench, step: string, act: () => void): void {
  intercept(bench.events, 'push', (push) => (...events: EventBody[]) => {
    if (events.some((event) => event.kind === 'step-started' && event.step === step)) act();
    return push(...events);
  });
}

describe('between a commit and its switch', () => {
  it('a table that somebody else publishes leads to the new instance already', async () => {
    const bench = await ReconcileBench.open({ old: { version: 'v1', routes: ['/x'] } });
    await bench.apply();
    bench.files = { new: { version: 'v1', routes: ['/x'] } };
    const targets = new Set<string | undefined>();
    intercept(bench.router, 'setTable', (setTable) => async (table) => {
      targets.add(table.entries.find((entry) => entry.path === '/x')?.target.kind);
      await setTable(table);
    });
    atStep(bench, 'switch-route', () => void bench.world.publisher.publish());
    await bench.apply();
    expect([...targets]).toEqual(['instance']);
  });
});

describe('a pass of the reconciler', () => {
  it('that began before a commit and ends after it does not undo the release', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    let letGo = (): void => undefined;
    let gate: Promise<void> | undefined;
    intercept(bench.engine, 'instances', (instances) => async (selector) => {
      const found = await instances(selector);
      if (selector.function !== undefined) await gate;
      return found;
    });
    atStep(bench, 'await-healthy', () => {
      gate = new Promise((resolve) => (letGo = resolve));
      bench.world.queue.enqueue(nameOf('sum'));
    });
    atStep(bench, 'switch-route', () => letGo());
    bench.files['sum'] = sum('v2');
    expect((await bench.apply()).failed).toEqual([]);
    expect(await bench.ask('/sum')).toBe('sum v2');
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
    expect(bench.functions.started).toEqual(['sum v1', 'sum v2']);
    expect(await bench.ask('/sum')).toBe('sum v2');
  });

  it('that listed containers while a rollout began does not take the candidate away', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const stop = intercept(bench.engine, 'instances', (instances) => async (selector) => {
      if (selector.function === undefined) return await instances(selector);
      await gate;
      return await instances(selector);
    });
    bench.world.queue.enqueue(nameOf('sum'));
    await bench.clock.advance(0);
    bench.files['sum'] = sum('v2');
    atStep(bench, 'await-healthy', () => {
      stop();
      letGo();
    });
    expect((await bench.apply()).failed).toEqual([]);
    expect(bench.functions.started).toEqual(['sum v1', 'sum v2']);
    expect(await bench.ask('/sum')).toBe('sum v2');
  });

  it.each(['starts the old release again', 'fails to start the old release'])(
    'that %s while a new one takes over says nothing of the new one',
    async (end) => {
      const bench = await ReconcileBench.open({ sum: sum('v1') });
      await bench.apply();
      let letGo = (): void => undefined;
      const gate = new Promise<void>((resolve) => (letGo = resolve));
      let isStarting = false;
      intercept(bench.engine, 'startAgain', (startAgain) => async (id) => {
        isStarting = true;
        await gate;
        if (end.startsWith('fails')) throw new FaasoError('start-failed', 'no such device');
        return await startAgain(id);
      });
      await bench.engine.crash((await bench.only('sum')).id);
      await bench.heal('sum');
      await bench.clock.advance(2000);
      await vi.waitFor(() => expect(isStarting).toBe(true));
      bench.files['sum'] = sum('v2');
      atStep(bench, 'switch-route', () => letGo());
      expect((await bench.apply()).failed).toEqual([]);
      expect(await bench.ask('/sum')).toBe('sum v2');
      expect(bench.world.live.get(nameOf('sum'))).toMatchObject({
        state: 'running',
        reason: '',
        failures: { count: 0, restarts: 0 },
      });
      await bench.clock.during(bench.world.retirement.settled());
      await bench.converge();
      expect(await bench.ask('/sum')).toBe('sum v2');
    },
  );
});
