import { expect, it } from 'vitest';

import { sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';

/** What `faaso down` does to the state and the engine. */
async function takeDown(bench: ReconcileBench): Promise<void> {
  await bench.store.takeDown();
  for (const { id } of await bench.containers()) await bench.engine.remove(id);
  await bench.kill();
  await bench.start();
}

const numbersOf = (bench: ReconcileBench): readonly number[] => {
  const item = bench.store.read()?.functions['sum'];
  return item === undefined ? [] : [item.current, ...item.earlier].map((release) => release.number);
};

it('brings a rollback back, which holds until the files change', async () => {
  const bench = await ReconcileBench.open({ sum: sum('v1') });
  await bench.apply();
  bench.files = { sum: sum('v2') };
  await bench.apply();
  await bench.rollback('sum');
  await takeDown(bench);
  expect((await bench.plan()).functions).toMatchObject([{ action: 'create', pinned: 1 }]);
  expect(await bench.apply()).toMatchObject({ changed: ['sum'], failed: [] });
  expect(await bench.ask('/sum')).toBe('sum v1');
  expect(numbersOf(bench)).toEqual([3, 2]);
  expect((await bench.plan()).functions).toMatchObject([{ action: 'none', pinned: 1 }]);
  bench.files = { sum: sum('v3') };
  await bench.apply();
  expect([await bench.ask('/sum'), numbersOf(bench)]).toEqual(['sum v3', [4, 3, 2]]);
});

it('keeps the releases, and gives what comes back as it was no new number', async () => {
  const bench = await ReconcileBench.open({ sum: sum('v1') });
  await bench.apply();
  bench.files = { sum: sum('v2') };
  await bench.apply();
  await takeDown(bench);
  expect(bench.store.read()).toBeUndefined();
  await bench.apply();
  expect([await bench.ask('/sum'), numbersOf(bench)]).toEqual(['sum v2', [2, 1]]);
  await bench.rollback('sum', 1);
  expect(await bench.ask('/sum')).toBe('sum v1');
});

it('remembers over a second take-down what was not applied between, and forgets what the files dropped', async () => {
  const bench = await ReconcileBench.open({ sum: sum('v1'), mul: { version: 'v1', routes: ['/mul'] } });
  await bench.apply();
  await takeDown(bench);
  await bench.apply({ names: ['sum'] });
  expect(Object.keys(bench.store.takenDown()?.functions ?? {})).toEqual(['mul']);
  await takeDown(bench);
  expect(Object.keys(bench.store.takenDown()?.functions ?? {}).sort()).toEqual(['mul', 'sum']);
  bench.files = { sum: sum('v1') };
  await bench.apply();
  expect(bench.store.takenDown()).toBeUndefined();
  expect(numbersOf(bench)).toEqual([1]);
});

it('keeps the releases of what fails to come back', async () => {
  const bench = await ReconcileBench.open({ sum: sum('v1') });
  await bench.apply();
  await takeDown(bench);
  bench.functions.behave('sum', 'exits', 'v2');
  bench.files = { sum: sum('v2') };
  expect(await bench.clock.during(bench.apply())).toMatchObject({ failed: ['sum'] });
  expect(bench.store.takenDown()?.functions['sum']?.current.number).toBe(1);
  bench.files = { sum: sum('v1') };
  await bench.apply();
  expect([await bench.ask('/sum'), numbersOf(bench)]).toEqual(['sum v1', [1]]);
});

it('does not touch what a project of another name left', async () => {
  const bench = await ReconcileBench.open({ sum: sum('v1') });
  await bench.apply();
  await bench.store.commit((state) => {
    if (state === undefined) throw new Error('nothing is applied');
    return { ...state, name: 'other' };
  });
  await takeDown(bench);
  expect((await bench.plan()).functions).toMatchObject([
    {
      action: 'create',
      steps: expect.arrayContaining([expect.objectContaining({ reason: { kind: 'new' } })]),
    },
  ]);
});
