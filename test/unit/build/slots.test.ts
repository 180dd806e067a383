import { describe, expect, it } from 'vitest';

import { createSlots } from '../../../src/build/slots.ts';

/** A promise and the function that settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('slots', () => {
  it('run at most as many tasks as there are slots, in order', async () => {
    const slots = createSlots(2);
    const gates = [gate(), gate(), gate(), gate()];
    const started: number[] = [];
    const runs = gates.map(({ opened }, index) =>
      slots.run(() => {
        started.push(index);
        return opened;
      }),
    );
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]?.open();
    await runs[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('give the slot on after a failure', async () => {
    const slots = createSlots(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await slots.run(async () => 'next')).toBe('next');
  });

  it('let an abort take a waiting task out, and only that', async () => {
    const slots = createSlots(1);
    const first = gate();
    const running = slots.run(() => first.opened);
    const abort = new AbortController();
    const waiting = slots.run(async () => 'ran', abort.signal);
    const behind = slots.run(async () => 'ran');
    abort.abort(new Error('ctrl-c'));
    await expect(waiting).rejects.toThrow('ctrl-c');
    first.open();
    await running;
    expect(await behind).toBe('ran');
  });

  it('refuse a task whose signal is aborted already', async () => {
    const slots = createSlots(1);
    await expect(slots.run(async () => 'ran', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });
});
