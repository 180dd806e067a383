import { expect, test } from 'vitest';

import { afterAnswer, afterStart, leftMs, noRestarts } from '../../../src/router/caddy/restarts.ts';

const BEGIN = 1_700_000_000_000;

test('one that never answers is started again at once, then after 1 s doubling to 60 s', () => {
  let restarts = noRestarts;
  let now = BEGIN;
  const pauses = Array.from({ length: 10 }, () => {
    restarts = afterStart(restarts, now);
    const pause = leftMs(restarts, now);
    now += pause;
    return pause / 1000;
  });
  expect(pauses).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('to answer for a moment changes nothing; to do so for ten seconds wipes the slate', () => {
  const failing = [1, 2, 3].reduce((restarts) => afterStart(restarts, BEGIN), noRestarts);
  const brief = afterAnswer(afterAnswer(failing, BEGIN + 100), BEGIN + 9000);
  expect(leftMs(afterStart(brief, BEGIN + 9500), BEGIN + 9500)).toBe(4000);
  const steady = afterAnswer(brief, BEGIN + 10_100);
  expect(leftMs(afterStart(steady, BEGIN + 10_500), BEGIN + 10_500)).toBe(0);
});

test('how long it answered is counted from its last start, and not while it is away', () => {
  const first = afterAnswer(afterStart(noRestarts, BEGIN), BEGIN + 100);
  const second = afterStart(first, BEGIN + 60_000);
  expect(second.count).toBe(2);
  const third = afterStart(afterAnswer(second, BEGIN + 120_000), BEGIN + 180_000);
  expect(third.count).toBe(3);
});

test('a clock that was set back keeps nobody waiting', () => {
  const failing = [1, 2, 3].reduce((restarts) => afterStart(restarts, BEGIN), noRestarts);
  expect(leftMs(failing, BEGIN - 3_600_000)).toBe(0);
});
