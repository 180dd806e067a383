import { describe, expect, it } from 'vitest';

import { again, done, KeyedQueue } from '../../../src/reconcile/queue.ts';
import type { WorkOutcome } from '../../../src/reconcile/queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A queue whose work waits until the test ends it. */
class Bench {
  readonly clock = new FakeClock();
  /** `key@seconds` of every run that began. */
  readonly runs: string[] = [];
  readonly errors: string[] = [];
  /** Ends the runs that go on, oldest first. */
  readonly ends: ((outcome: WorkOutcome | Error) => void)[] = [];
  readonly #start = this.clock.now();
  readonly queue = new KeyedQueue<string>({
    clock: this.clock,
    work: (key) => {
      this.runs.push(`${key}@${(this.clock.now() - this.#start) / 1000}`);
      return new Promise((resolve, reject) => {
        this.ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    },
    onError: (key, error) => this.errors.push(`${key}: ${error instanceof Error ? error.message : ''}`),
  });

  /** Ends the oldest run and lets what follows begin. */
  async end(outcome: WorkOutcome | Error = done): Promise<void> {
    this.ends.shift()?.(outcome);
    await this.clock.advance(0);
  }
}

describe('a queue', () => {
  it('runs a key once however often it was asked for', async () => {
    const bench = new Bench();
    for (let time = 0; time < 5; time += 1) bench.queue.enqueue('a');
    await bench.clock.advance(0);
    await bench.end();
    await bench.clock.advance(60_000);
    expect(bench.runs).toEqual(['a@0']);
  });

  it('runs a key once more when it was asked for while it ran, never twice at a time', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    for (let time = 0; time < 3; time += 1) bench.queue.enqueue('a');
    await bench.clock.advance(1000);
    expect(bench.runs).toEqual(['a@0']);
    await bench.end();
    expect(bench.runs).toEqual(['a@0', 'a@1']);
    await bench.end();
    expect(bench.runs.length).toBe(2);
  });

  it('runs keys beside each other', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    bench.queue.enqueue('b');
    await bench.clock.advance(0);
    expect(bench.runs).toEqual(['a@0', 'b@0']);
  });

  it('runs again when the work asks for it, or earlier when somebody else does', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    await bench.end(again(5000));
    await bench.clock.advance(4999);
    expect(bench.runs).toEqual(['a@0']);
    await bench.clock.advance(1);
    expect(bench.runs).toEqual(['a@0', 'a@5']);
    await bench.end(again(5000));
    await bench.clock.advance(1000);
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    await bench.end();
    await bench.clock.advance(60_000);
    expect(bench.runs).toEqual(['a@0', 'a@5', 'a@6']);
  });

  it('keeps the earliest of several times', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a', 9000);
    bench.queue.enqueue('a', 3000);
    bench.queue.enqueue('a', 5000);
    await bench.clock.advance(60_000);
    expect(bench.runs).toEqual(['a@3']);
    expect(bench.clock.sleeping).toBe(0);
  });

  it('does not forget a later run that was asked for while one went on', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    bench.queue.enqueue('a', 5000);
    await bench.clock.advance(1000);
    await bench.end(again(30_000));
    await bench.clock.advance(4000);
    expect(bench.runs).toEqual(['a@0', 'a@5']);
  });

  it('tries work that throws again after 1, 2, 4 … 30 s, and afresh after a success', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      await bench.end(new Error('no'));
      await bench.clock.advance(seconds * 1000);
    }
    expect(bench.runs).toEqual(['a@0', 'a@1', 'a@3', 'a@7', 'a@15', 'a@31', 'a@61', 'a@91']);
    expect(bench.errors.length).toBe(7);
    await bench.end(done);
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    await bench.end(new Error('no'));
    await bench.clock.advance(1000);
    expect(bench.runs.at(-1)).toBe('a@92');
  });

  it('lets one who waits see a run that began after the call', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    let over = false;
    const waiting = bench.queue.run('a').then(() => (over = true));
    await bench.end();
    expect([bench.runs.length, over]).toEqual([2, false]);
    await bench.end();
    await waiting;
    expect(over).toBe(true);
  });

  it('gives the error to those who wait and to nobody else', async () => {
    const bench = new Bench();
    const both = Promise.allSettled([bench.queue.run('a'), bench.queue.run('a')]);
    await bench.clock.advance(0);
    await bench.end(new Error('no'));
    expect((await both).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(bench.errors).toEqual([]);
    await bench.clock.advance(1000);
    expect(bench.runs).toEqual(['a@0', 'a@1']);
  });
});

describe('a queue that closes', () => {
  it('waits for what runs and begins nothing more', async () => {
    const bench = new Bench();
    bench.queue.enqueue('a');
    await bench.clock.advance(0);
    bench.queue.enqueue('a');
    bench.queue.enqueue('b', 1000);
    bench.queue.enqueue('c');
    let closed = false;
    const closing = bench.queue.close().then(() => (closed = true));
    await bench.clock.advance(60_000);
    expect(closed).toBe(false);
    await bench.end(again(1000));
    await closing;
    await bench.clock.advance(60_000);
    bench.queue.enqueue('d');
    await bench.clock.advance(0);
    expect(bench.runs).toEqual(['a@0']);
    expect(bench.clock.sleeping).toBe(0);
  });

  it('tells those who wait for a run that will not come', async () => {
    const bench = new Bench();
    const first = bench.queue.run('a');
    await bench.clock.advance(0);
    const second = bench.queue.run('a');
    const delayed = bench.queue.run('b');
    const closing = bench.queue.close();
    await expect(second).rejects.toMatchObject({ code: 'interrupted' });
    await expect(delayed).rejects.toMatchObject({ code: 'interrupted' });
    await bench.end();
    await expect(first).resolves.toBeUndefined();
    await closing;
    await expect(bench.queue.run('a')).rejects.toMatchObject({ code: 'interrupted' });
  });
});
