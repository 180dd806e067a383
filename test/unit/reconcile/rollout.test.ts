import { describe, expect, it } from 'vitest';

import { intercept } from '../../support/intercept.ts';
import { failed, sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import { specOf } from '../../support/releases.ts';

describe('a first deployment', () => {
  it('serves the function at its path', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    const result = await bench.apply();
    expect(result).toMatchObject({ changed: ['sum'], failed: [], unchanged: [], interrupted: false });
    expect(result.outcomes['sum']).toMatchObject({ kind: 'deployed', release: 1, paths: ['/sum'] });
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('has nothing left to plan afterwards, and applying again writes nothing anywhere', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1'), mul: { version: 'v1', routes: ['/mul'] } });
    await bench.apply();
    const steps = (await bench.plan()).functions.flatMap((item) => item.steps);
    expect(steps).toEqual([]);
    bench.fuse.arm(Infinity, 'before');
    expect(await bench.apply()).toMatchObject({ changed: [], failed: [], unchanged: ['mul', 'sum'] });
    expect(bench.fuse.calls).toEqual([]);
  });

  it('puts many functions on ports of their own', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const bench = await ReconcileBench.open(
      Object.fromEntries(names.map((name) => [name, { version: 'v1', routes: [`/${name}`] }])),
    );
    expect((await bench.apply()).failed).toEqual([]);
    expect(new Set((await bench.containers()).map((instance) => instance.port)).size).toBe(12);
    for (const name of names) expect(await bench.ask(`/${name}`)).toBe(`${name} v1`);
  });
});

describe('a replacement', () => {
  it('serves the new version, then drains and removes the old instance', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    const old = await bench.only('sum');
    bench.files['sum'] = sum('v2');
    expect((await bench.apply()).outcomes['sum']).toMatchObject({ kind: 'deployed', release: 2 });
    expect(await bench.ask('/sum')).toBe('sum v2');
    await bench.clock.during(bench.world.retirement.settled());
    expect((await bench.only('sum')).id).not.toBe(old.id);
    expect(bench.store.read()?.functions['sum']?.earlier.map((release) => release.number)).toEqual([1]);
  });

  it('does not remove the old instance before a request in flight has its answer', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    bench.functions.behave('sum', 'hangs', 'v1');
    const old = await bench.only('sum');
    const inFlight = bench.call('/sum');
    await bench.clock.until('the request is in flight', async () => {
      return Object.values(await bench.router.inFlight()).some((count) => count > 0);
    });
    bench.files['sum'] = sum('v2');
    await bench.apply();
    expect(await bench.ask('/sum')).toBe('sum v2');
    expect(await bench.engine.instance(old.id)).toMatchObject({ status: { kind: 'running' } });
    bench.functions.behave('sum', 'well', 'v1');
    expect(await (await inFlight).text()).toBe('sum v1');
    await bench.world.retirement.settled();
    expect(await bench.engine.instance(old.id)).toBeUndefined();
  });

  it('keeps the images of three releases', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    for (const version of ['v1', 'v2', 'v3', 'v4', 'v5']) {
      bench.files['sum'] = sum(version);
      await bench.apply();
      await bench.clock.during(bench.world.retirement.settled());
    }
    const tags = (await bench.engine.images({ project: 'demo' })).flatMap((image) => image.tags);
    const item = bench.store.read()?.functions['sum'];
    const kept = [item?.current, ...(item?.earlier ?? [])].map((release) => release?.image);
    expect(new Set(tags)).toEqual(new Set(kept));
  });

  it('is deployed although old images cannot be removed', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    for (const version of ['v1', 'v2', 'v3']) {
      bench.files['sum'] = sum(version);
      await bench.apply();
    }
    bench.files['sum'] = sum('v4');
    intercept(bench.engine, 'images', () => () => Promise.reject(new Error('the engine is busy')));
    const { outcomes } = await bench.apply();
    expect(outcomes['sum']).toMatchObject({ kind: 'deployed' });
    expect(bench.events).toContainEqual(
      expect.objectContaining({
        kind: 'failure',
        error: expect.objectContaining({ message: 'the engine is busy' }),
      }),
    );
  });

  it('goes back to a release whose instance still drains with an instance of its own', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    for (const version of ['v1', 'v2', 'v1']) {
      bench.files['sum'] = sum(version);
      await bench.apply();
    }
    expect(await bench.ask('/sum')).toBe('sum v1');
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('starts nothing when the files went back to what is applied while they were built', async () => {
    const bench = await ReconcileBench.open({ sum: { ...sum('v1'), spec: { env: {} } } });
    await bench.apply();
    const before = await bench.only('sum');
    bench.files['sum'] = { ...sum('v2'), spec: { env: {} } };
    intercept(bench.world.builder, 'ensure', (ensure) => (...args) => {
      bench.files['sum'] = { ...sum('v1'), spec: { env: {} } };
      return ensure(...args);
    });
    expect((await bench.apply()).failed).toEqual([]);
    expect((await bench.only('sum')).id).toBe(before.id);
    expect(await bench.ask('/sum')).toBe('sum ');
  });
});

describe('a candidate that fails', () => {
  const cases = [
    { behaviour: 'exits', code: 'instance-exited', step: 'await-healthy', detail: 'sum v2 starts' },
    { behaviour: 'broken', code: 'instance-unhealthy', step: 'await-healthy', detail: 'sum v2 starts' },
    { behaviour: 'hangs', code: 'instance-unhealthy', step: 'await-healthy', detail: 'sum v2 starts' },
    { behaviour: 'deaf', code: 'instance-unhealthy', step: 'await-healthy', detail: 'sum v2 starts' },
  ] as const;

  for (const { behaviour, code, step, detail } of cases) {
    it(`(${behaviour}) is removed, and the old release serves on`, async () => {
      const health = { ...specOf().health, timeoutMs: 20 };
      const bench = await ReconcileBench.open({ sum: { ...sum('v1'), spec: { health } } });
      await bench.apply();
      const old = await bench.only('sum');
      bench.functions.behave('sum', behaviour, 'v2');
      bench.files['sum'] = { ...sum('v2'), spec: { health } };
      const { outcomes } = await bench.clock.during(bench.apply());
      const outcome = failed(outcomes['sum']);
      expect(outcome).toMatchObject({ step, error: { code }, serving: { release: 1, paths: ['/sum'] } });
      expect(outcome.error.details).toContain(detail);
      expect(await bench.only('sum')).toMatchObject({ id: old.id });
      expect(await bench.ask('/sum')).toBe('sum v1');
      expect(bench.store.read()?.functions['sum']?.current.number).toBe(1);
    });
  }

  it('(never healthy) gets 30 s, or its start_period when that is longer', async () => {
    const health = { ...specOf().health, startPeriodMs: 90_000 };
    const bench = await ReconcileBench.open({
      sum: sum('v1'),
      slow: { ...sum('v1'), routes: [], spec: { health } },
    });
    bench.functions.behave('sum', 'broken');
    bench.functions.behave('slow', 'broken');
    const { outcomes } = await bench.clock.during(bench.apply());
    expect(failed(outcomes['sum']).error.message).toMatch(/^not healthy after 3[01] s; /);
    expect(failed(outcomes['slow']).error.message).toMatch(/^not healthy after 9[01] s; /);
  });

  it('(exits) fails at once, without the whole timeout', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    bench.functions.behave('sum', 'exits');
    const began = bench.clock.now();
    await bench.clock.during(bench.apply(), 3000);
    expect(bench.clock.now() - began).toBeLessThanOrEqual(3000);
    expect(await bench.containers()).toEqual([]);
    expect(bench.store.read()?.functions).toEqual({});
  });

  it('(its tests fail) is removed, and every failed test is named', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    const test = {
      name: 'adds',
      request: { method: 'POST', path: '/', headers: {}, body: '{}' },
      expect: { status: 200, headers: {}, json: { sum: 3 } },
      timeoutMs: 1000,
    };
    bench.files['sum'] = {
      ...sum('v2'),
      tests: [test, { ...test, name: 'adds more', expect: { status: 201, headers: {} } }],
    };
    const outcome = failed((await bench.apply()).outcomes['sum']);
    expect(outcome).toMatchObject({
      step: 'run-tests',
      error: { code: 'test-failed', message: '2 of 2 tests failed' },
    });
    expect(outcome.error.details.slice(0, 4)).toEqual([
      'adds: POST /',
      '  body: expected JSON, got sum v2',
      'adds more: POST /',
      '  status: expected 201, got 200 with the body sum v2',
    ]);
    expect((await bench.containers()).length).toBe(1);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('(the engine refuses to start it) leaves nothing behind', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    bench.engine.failNextStart('start-failed');
    expect(failed((await bench.apply()).outcomes['sum'])).toMatchObject({
      step: 'start-instance',
      serving: null,
    });
    expect(await bench.containers()).toEqual([]);
    expect((await bench.apply()).failed).toEqual([]);
  });

  it('(its build fails) shows the log of the build and starts nothing', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    bench.engine.failNextBuild(['no such package']);
    const outcome = failed((await bench.apply()).outcomes['sum']);
    expect(outcome).toMatchObject({
      step: 'build-image',
      error: { code: 'build-failed', details: ['no such package'] },
    });
    expect(bench.engine.writes).toEqual(['build']);
  });

  it('fails alone', async () => {
    const bench = await ReconcileBench.open({ mul: { version: 'v1', routes: ['/mul'] }, sum: sum('v1') });
    bench.functions.behave('sum', 'exits');
    const result = await bench.clock.during(bench.apply());
    expect(result).toMatchObject({ changed: ['mul'], failed: ['sum'] });
    expect(await bench.ask('/mul')).toBe('mul v1');
    expect(await bench.ask('/sum')).toBe('404');
  });
});
