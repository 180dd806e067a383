import { describe, expect, test } from 'vitest';

import { Runs } from '../../../src/control/runs.ts';
import type { EventBody } from '../../../src/core/events.ts';

describe('runs go one after another', () => {
  test('one that waits is told for whom, and nothing else of what the other asked', async () => {
    const runs = new Runs();
    const events: EventBody[] = [];
    const { signal } = new AbortController();
    const asked = { runId: 'first', by: 'pid 1', reading: { env: { TOKEN: 'canary' } } };
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = runs.inTurn(
      asked,
      () => undefined,
      signal,
      () => held,
    );
    await new Promise(setImmediate);
    const second = runs.inTurn(
      { runId: 'second', by: 'pid 2' },
      (event) => events.push(event),
      signal,
      () => Promise.resolve('second'),
    );
    end();
    await first;
    await expect(second).resolves.toBe('second');
    expect(events).toEqual([
      { kind: 'run-waiting', for: { runId: 'first', by: 'pid 1', since: expect.any(String) } },
    ]);
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  test('one that gives up waiting lets nobody pass those before it', async () => {
    const runs = new Runs();
    const order: string[] = [];
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    const quiet = (): void => undefined;
    const lasting = new AbortController().signal;
    const first = runs.inTurn({ runId: '1', by: 'a' }, quiet, lasting, () =>
      held.then(() => order.push('1')),
    );
    const impatient = new AbortController();
    const second = runs.inTurn({ runId: '2', by: 'b' }, quiet, impatient.signal, () =>
      Promise.resolve(order.push('2')),
    );
    impatient.abort();
    await expect(second).rejects.toMatchObject({ code: 'interrupted' });
    const third = runs.inTurn({ runId: '3', by: 'c' }, quiet, lasting, () =>
      Promise.resolve(order.push('3')),
    );
    end();
    await Promise.all([first, third]);
    expect(order).toEqual(['1', '3']);
  });
});
