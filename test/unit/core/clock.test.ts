import { getEventListeners } from 'node:events';

import { expect, it } from 'vitest';

import { systemClock } from '../../../src/core/clock.ts';

it('sleeps for as long as it is told', async () => {
  const before = performance.now();
  await systemClock.sleep(30);
  expect(performance.now() - before).toBeGreaterThanOrEqual(29);
});

it('leaves nothing on the signal after a sleep', async () => {
  const { signal } = new AbortController();
  await systemClock.sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('wakes at an abort, with its reason', async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('enough');
});
