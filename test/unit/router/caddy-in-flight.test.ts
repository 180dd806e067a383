import { connect } from 'node:net';

import { expect, test } from 'vitest';

import { untilUnused } from '../../../src/router/caddy/in-flight.ts';
import { startRawFunction } from '../../support/upstream.ts';

/** A connection to a port of its own, and a wait for its end that is told `counts` one after the other, the last one for ever. */
async function waitFor(counts: readonly (number | undefined | Error)[], looks = Infinity) {
  const { port } = await startRawFunction(() => undefined);
  const client = connect(port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  let asked = 0;
  let enough: () => void = () => undefined;
  const many = new Promise<void>((resolve) => (enough = resolve));
  const waiting = untilUnused(
    port,
    async () => {
      const count = counts[Math.min(asked++, counts.length - 1)];
      if (asked === 10) enough();
      return count instanceof Error ? await Promise.reject(count) : await Promise.resolve(count);
    },
    () => asked >= looks,
    async () => await new Promise((resolve) => setImmediate(resolve)),
  );
  return { client, many, waiting, asked: () => asked };
}

test('a function that has had no request for three looks is not waited for', async () => {
  const { client, waiting, asked } = await waitFor([2, 0, 0, 1, 0]);
  await waiting;
  expect(asked()).toBe(7);
  client.destroy();
});

test.each([
  ['does not answer', new Error('connect ECONNREFUSED')],
  ['does not know the function any more', undefined],
])('where Caddy %s, its connections alone say whether requests are in flight', async (_, count) => {
  const { client, many, waiting } = await waitFor([count]);
  let isOver = false;
  void waiting.then(() => (isOver = true));
  await many;
  expect(isOver).toBe(false);
  client.destroy();
  await waiting;
});

test('no longer than the deadline', async () => {
  const { client, waiting, asked } = await waitFor([undefined], 5);
  await waiting;
  expect(asked()).toBe(5);
  client.destroy();
});
