import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { sha256 } from '../../../src/core/hash.ts';
import { exclusively } from '../../../src/files/exclusive.ts';

it('runs work of one name one at a time', async () => {
  const name = randomUUID();
  let [running, most] = [0, 0];
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => exclusively(name, work)));
  expect([running, most]).toEqual([0, 1]);
});

it('gives the name back when work fails', async () => {
  const name = randomUUID();
  await expect(exclusively(name, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const began = performance.now();
  expect(await exclusively(name, async () => 1)).toBe(1);
  expect(performance.now() - began).toBeLessThan(1000);
});

it('is not stopped for ever by a stranger who took the name', async () => {
  const name = randomUUID();
  const stranger = createServer();
  await new Promise<void>((resolve) => {
    stranger.listen({ path: `\0faaso-${sha256(name).slice(0, 32)}` }, resolve);
  });
  onTestFinished(() => new Promise<void>((resolve) => void stranger.close(() => resolve())));
  expect(await exclusively(name, async () => 1)).toBe(1);
});
