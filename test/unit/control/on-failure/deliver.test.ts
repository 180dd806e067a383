import { describe, expect, it } from 'vitest';

import { Deliveries } from '../../../../src/control/on-failure/deliver.ts';
import type { HookEvent } from '../../../../src/control/on-failure/event.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const eventOf = (reason: string): HookEvent => ({
  event: 'failed',
  after: null,
  project: 'demo',
  function: 'sum',
  release: 1,
  state: 'failed',
  reason,
  at: '2030-01-01T00:00:00.000Z',
  dropped: 0,
});

describe('events on their way to a hook', () => {
  const open = (call: (event: HookEvent, signal: AbortSignal) => Promise<void>) => {
    const clock = new FakeClock();
    const errors: unknown[] = [];
    return { clock, errors, deliveries: new Deliveries({ clock, call, onError: (e) => errors.push(e) }) };
  };

  it('go one after another, in order', async () => {
    const seen: string[] = [];
    let busy = 0;
    const { clock, deliveries } = open(async ({ reason }) => {
      busy += 1;
      expect(busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(reason);
      busy -= 1;
    });
    for (const reason of ['a', 'b', 'c']) deliveries.push(eventOf(reason));
    await clock.until('all three', () => seen.length === 3);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('are tried twice and no more, told of once, and counted in the next', async () => {
    const calls: (readonly [string, number])[] = [];
    const { clock, errors, deliveries } = open(async ({ reason, dropped }) => {
      calls.push([reason, dropped]);
      if (reason !== 'fine') throw new Error(`not ${reason}`);
    });
    for (const reason of ['a', 'b', 'fine', 'fine']) deliveries.push(eventOf(reason));
    await clock.until('all four', () => calls.length === 6);
    expect(calls).toEqual([
      ['a', 0],
      ['a', 0],
      ['b', 1],
      ['b', 1],
      ['fine', 2],
      ['fine', 0],
    ]);
    expect(errors.map(String)).toEqual(['Error: not a', 'Error: not b']);
  });

  it('are a hundred at most: the oldest that waits makes place', async () => {
    const seen: HookEvent[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { clock, deliveries } = open(async (event) => {
      seen.push(event);
      await held;
    });
    for (let index = 0; index <= 103; index += 1) deliveries.push(eventOf(String(index)));
    release();
    await clock.until('all', () => seen.length === 101);
    expect(seen.slice(0, 2).map(({ reason, dropped }) => [reason, dropped])).toEqual([
      ['0', 0],
      ['4', 3],
    ]);
  });

  it('end at once when the daemon ends, without an error', async () => {
    const { clock, errors, deliveries } = open(
      (_event, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    deliveries.push(eventOf('a'));
    deliveries.push(eventOf('b'));
    await clock.during(deliveries.close());
    deliveries.push(eventOf('c'));
    expect(errors).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });
});
