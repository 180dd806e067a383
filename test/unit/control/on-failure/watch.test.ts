import { describe, expect, it } from 'vitest';

import { FailureWatch } from '../../../../src/control/on-failure/watch.ts';
import type { Found } from '../../../../src/control/on-failure/watch.ts';
import { errorData, FaasoError } from '../../../../src/core/errors.ts';
import type { EventBody } from '../../../../src/core/events.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { nameOf } from '../../../support/releases.ts';

const sum = nameOf('sum');

describe('what is told of a failure', () => {
  const open = () => {
    const clock = new FakeClock();
    const told: Found[] = [];
    const watch = new FailureWatch({ clock, report: (found) => told.push(found) });
    const kinds = (): string[] => told.map((found) => found.event);
    return { clock, told, watch, kinds };
  };
  const runs = (state: string, reason = '', name = sum): EventBody => ({
    kind: 'instance-changed',
    function: name,
    state,
    reason,
  });
  const applied = (message: string | undefined): EventBody => ({
    kind: 'function-done',
    function: sum,
    durationMs: 1,
    outcome:
      message === undefined
        ? { kind: 'unchanged' }
        : {
            kind: 'failed',
            step: 'await-healthy',
            error: errorData(new FaasoError(message === '' ? 'interrupted' : 'instance-exited', message)),
            serving: null,
          },
  });
  const engine = (state: 'connected' | 'unreachable'): EventBody => ({
    kind: 'engine-changed',
    state,
    detail: state === 'connected' ? '' : 'refused',
  });
  const router = (state: 'serving' | 'down'): EventBody => ({ kind: 'router-changed', state, detail: 'x' });

  it('is a crash loop at once, with its reason, and only once while it lasts', async () => {
    const { clock, told, watch } = open();
    watch.take(runs('restarting', 'exit code 1'));
    expect(told).toEqual([]);
    const at = clock.now();
    watch.take(runs('crash-looping', 'exit code 1'));
    watch.take(runs('starting'));
    watch.take(runs('crash-looping', 'exit code 2'));
    await clock.advance(3_600_000);
    expect(told).toEqual([
      {
        event: 'crash-looping',
        after: null,
        function: sum,
        state: 'crash-looping',
        reason: 'exit code 1',
        at,
      },
    ]);
  });

  it('ends once the function has been well for half a minute', async () => {
    const { clock, told, watch } = open();
    watch.take(runs('crash-looping', 'x'));
    await clock.advance(5000);
    watch.take(runs('running'));
    await clock.advance(29_000);
    expect(told).toHaveLength(1);
    await clock.advance(1000);
    expect(told[1]).toMatchObject({
      event: 'recovered',
      after: 'crash-looping',
      state: 'running',
      reason: '',
    });
    expect(told).toHaveLength(2);
  });

  it('says nothing of the moments in which a crash-looping function is up', async () => {
    const { clock, kinds, watch } = open();
    for (let round = 0; round < 10; round += 1) {
      watch.take(runs('crash-looping', 'x'));
      await clock.advance(20_000);
      watch.take(runs('running'));
      await clock.advance(20_000);
    }
    expect(kinds()).toEqual(['crash-looping']);
  });

  it('is told of one function once a minute, and the last word is how it is', async () => {
    const { clock, kinds, watch } = open();
    watch.take(runs('crash-looping', 'x'));
    watch.take(runs('running'));
    await clock.advance(31_000);
    watch.take(runs('crash-looping', 'x'));
    expect(kinds()).toEqual(['crash-looping', 'recovered']);
    await clock.advance(29_000);
    expect(kinds()).toEqual(['crash-looping', 'recovered', 'crash-looping']);
    await clock.advance(3_600_000);
    expect(kinds()).toHaveLength(3);
  });

  it('is told of each function by itself', () => {
    const { kinds, watch } = open();
    watch.take(runs('crash-looping', 'x'));
    watch.take(runs('failed', 'no image', nameOf('multiply')));
    expect(kinds()).toEqual(['crash-looping', 'failed']);
  });

  it('is each apply that fails, once a minute, and the first that does not', async () => {
    const { clock, told, kinds, watch } = open();
    watch.take(applied('first'));
    watch.take(applied('second'));
    watch.take(applied('third'));
    expect(told.map((found) => found.reason)).toEqual(['await-healthy: first']);
    await clock.advance(60_000);
    expect(told.map((found) => found.reason)).toEqual(['await-healthy: first', 'await-healthy: third']);
    watch.take(applied(undefined));
    watch.take(applied(undefined));
    expect(kinds()).toEqual(['apply-failed', 'apply-failed', 'recovered']);
  });

  it('is no apply that somebody cancelled, and none that went well', () => {
    const { told, watch } = open();
    watch.take(applied(''));
    watch.take(applied(undefined));
    expect(told).toEqual([]);
  });

  it('is an engine that is away for a minute, and its return', async () => {
    const { clock, kinds, watch } = open();
    watch.take(engine('connected'));
    watch.take(engine('unreachable'));
    await clock.advance(59_000);
    watch.take(engine('connected'));
    await clock.advance(59_000);
    expect(kinds()).toEqual([]);
    watch.take(engine('unreachable'));
    await clock.advance(30_000);
    watch.take(engine('unreachable'));
    await clock.advance(30_000);
    watch.take(engine('connected'));
    expect(kinds()).toEqual(['engine-unreachable', 'recovered']);
  });

  it('is a router that does not come back by itself', async () => {
    const { clock, told, watch } = open();
    watch.take(router('down'));
    await clock.advance(1000);
    watch.take(router('serving'));
    await clock.advance(60_000);
    expect(told).toEqual([]);
    watch.take(router('down'));
    await clock.advance(5000);
    expect(told).toMatchObject([{ event: 'router-down', function: null, state: 'down', reason: 'x' }]);
  });

  it('is nothing of a function that was removed, nor after the end', async () => {
    const { clock, kinds, watch } = open();
    watch.take(runs('crash-looping', 'x'));
    watch.take(runs('running'));
    watch.take({ kind: 'function-done', function: sum, durationMs: 1, outcome: { kind: 'removed' } });
    await clock.advance(60_000);
    expect(kinds()).toEqual(['crash-looping']);
    watch.take(engine('unreachable'));
    watch.close();
    await clock.advance(60_000);
    expect(kinds()).toEqual(['crash-looping']);
    expect(clock.sleeping).toBe(0);
  });
});
