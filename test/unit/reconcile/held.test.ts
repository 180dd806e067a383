import { describe, expect, it } from 'vitest';

import { intercept } from '../../support/intercept.ts';
import { sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';

describe('a release that a rollback holds', () => {
  it('stays although it had to hold a path for a function that failed when it was left', async () => {
    const bench = await ReconcileBench.open({ sum: { version: 'v1', routes: ['/sum', '/plus'] } });
    await bench.apply();
    bench.functions.behave('add', 'exits', 'v1');
    bench.files = { sum: sum('v2'), add: { version: 'v1', routes: ['/plus'] } };
    expect(await bench.clock.during(bench.apply())).toMatchObject({ changed: ['sum'], failed: ['add'] });
    await bench.rollback('sum');
    bench.files['add'] = { version: 'v2', routes: ['/plus'] };
    expect(await bench.apply()).toMatchObject({ changed: ['add'], unchanged: ['sum'] });
    expect([await bench.ask('/sum'), await bench.ask('/plus')]).toEqual(['sum v1', 'add v2']);
    expect(await bench.apply()).toMatchObject({ unchanged: expect.arrayContaining(['sum', 'add']) });
    expect(await bench.ask('/sum')).toBe('sum v1');
    // Forward again is what the files ask for, with a path that has its owner now.
    await bench.rollback('sum', 2);
    expect((await bench.plan()).functions).toMatchObject([{ action: 'none' }, { action: 'none' }]);
    expect(await bench.ask('/plus')).toBe('add v2');
  });

  it('stays although a path could not leave it when the files were applied last', async () => {
    const bench = await ReconcileBench.open({ sum: { version: 'v1', routes: ['/sum', '/plus'] } });
    await bench.apply();
    bench.files = { sum: { version: 'v2', routes: ['/sum', '/plus'] } };
    await bench.apply();
    bench.functions.behave('add', 'exits', 'v1');
    bench.files = { sum: sum('v2'), add: { version: 'v1', routes: ['/plus'] } };
    expect(await bench.clock.during(bench.apply())).toMatchObject({ unchanged: ['sum'], failed: ['add'] });
    await bench.rollback('sum');
    expect((await bench.plan(['sum'])).functions).toMatchObject([{ action: 'none', pinned: 1 }]);
  });

  it('stays although the path that it had to hold became its own again', async () => {
    const bench = await ReconcileBench.open({ sum: { version: 'v1', routes: ['/sum', '/plus'] } });
    await bench.apply();
    bench.functions.behave('add', 'exits', 'v1');
    bench.files = { sum: sum('v2'), add: { version: 'v1', routes: ['/plus'] } };
    await bench.clock.during(bench.apply());
    bench.files = { sum: { version: 'v2', routes: ['/sum', '/plus'] } };
    expect(await bench.apply()).toMatchObject({ unchanged: ['sum'] });
    await bench.rollback('sum');
    expect((await bench.plan()).functions).toMatchObject([{ action: 'none', pinned: 1 }]);
  });

  it('gives a path away in the very apply that brings its container back', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    bench.files['sum'] = { version: 'v2', routes: ['/add'] };
    await bench.apply();
    await bench.rollback('sum');
    await bench.clock.during(bench.world.retirement.settled());
    bench.functions.behave('sum', 'exits', 'v1');
    await bench.engine.crash((await bench.only('sum')).id);
    bench.files['mul'] = { version: 'v1', routes: ['/sum'] };
    intercept(bench.world.store, 'commit', (commit) => async (change) => {
      const after = await commit(change);
      if (after.functions['mul'] !== undefined) bench.functions.behave('sum', 'well', 'v1');
      return after;
    });
    const result = await bench.clock.during(bench.apply());
    expect(result.outcomes).toMatchObject({
      sum: { kind: 'deployed', paths: [] },
      mul: { kind: 'deployed' },
    });
    expect(await bench.ask('/sum')).toBe('mul v1');
    expect((await bench.plan()).functions).toMatchObject([
      { function: 'mul', action: 'none' },
      { function: 'sum', action: 'none', pinned: 1 },
    ]);
  });
});
