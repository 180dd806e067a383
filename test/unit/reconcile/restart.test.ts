import { describe, expect, it } from 'vitest';

import { sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import { nameOf, specOf } from '../../support/releases.ts';

async function serving(): Promise<ReconcileBench> {
  const bench = await ReconcileBench.open({ sum: sum('v1'), mul: { version: 'v1', routes: ['/mul'] } });
  await bench.apply();
  return bench;
}

describe('a restart', () => {
  it('puts a new instance of the same release in the place of the old one', async () => {
    const bench = await serving();
    const [old, other] = [await bench.only('sum'), await bench.only('mul')];
    const before = bench.store.read();
    expect(await bench.restart('sum')).toMatchObject({
      changed: ['sum'],
      outcomes: { sum: { kind: 'deployed', release: 1, paths: ['/sum'] } },
    });
    expect(await bench.ask('/sum')).toBe('sum v1');
    await bench.clock.during(bench.world.retirement.settled());
    expect((await bench.only('sum')).id).not.toBe(old.id);
    expect((await bench.only('mul')).id).toBe(other.id);
    expect(bench.store.read()).toEqual(before);
  });

  it('is of all functions when none is named', async () => {
    const bench = await serving();
    expect((await bench.restart()).changed.toSorted()).toEqual(['mul', 'sum']);
    await bench.clock.during(bench.world.retirement.settled());
    expect(bench.functions.started.toSorted()).toEqual(['mul v1', 'mul v1', 'sum v1', 'sum v1']);
    await bench.converge();
  });

  it('does nothing to edited files', async () => {
    const bench = await serving();
    bench.files['sum'] = sum('v2');
    await bench.restart('sum');
    expect(await bench.ask('/sum')).toBe('sum v1');
    expect((await bench.plan(['sum'])).functions[0]?.action).toBe('replace');
  });

  it('removes the old instance only once a request in flight has its answer', async () => {
    const bench = await serving();
    bench.functions.behave('sum', 'hangs');
    const old = await bench.only('sum');
    const inFlight = bench.call('/sum');
    await bench.clock.until('the request is in flight', async () =>
      Object.values(await bench.router.inFlight()).some((count) => count > 0),
    );
    // What hung is answered, so let only the old one keep its request: it is answered after the switch.
    const restarted = bench.restart('sum');
    await bench.clock.until('two containers', async () => (await bench.containers('sum')).length === 2);
    bench.functions.behave('sum', 'well');
    await bench.clock.during(restarted);
    expect(await (await inFlight).text()).toBe('sum v1');
    await bench.clock.during(bench.world.retirement.settled());
    expect(await bench.engine.instance(old.id)).toBeUndefined();
  });

  it('leaves the old instance serving when the new one is not healthy', async () => {
    const health = { ...specOf().health, timeoutMs: 20 };
    const bench = await ReconcileBench.open({ sum: { ...sum('v1'), spec: { health } } });
    await bench.apply();
    const old = await bench.only('sum');
    bench.functions.behave('sum', 'exits');
    const result = await bench.clock.during(bench.restart('sum'));
    expect(result).toMatchObject({
      failed: ['sum'],
      outcomes: {
        sum: {
          kind: 'failed',
          step: 'await-healthy',
          error: { code: 'instance-exited' },
          serving: { release: 1 },
        },
      },
    });
    expect((await bench.only('sum')).id).toBe(old.id);
    bench.functions.behave('sum', 'well');
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('is undone when it is cancelled before the new instance is healthy', async () => {
    const bench = await serving();
    const old = await bench.only('sum');
    const cancel = new AbortController();
    bench.signal = cancel.signal;
    bench.functions.behave('sum', 'hangs');
    const restarted = bench.restart('sum');
    await bench.clock.until('two containers', async () => (await bench.containers('sum')).length === 2);
    cancel.abort(new Error('Ctrl-C'));
    expect(await bench.clock.during(restarted)).toMatchObject({ failed: ['sum'], interrupted: true });
    expect((await bench.only('sum')).id).toBe(old.id);
  });

  it('keeps its new instance from the reconciler while that looks at the function', async () => {
    const bench = await serving();
    const old = await bench.only('sum');
    bench.functions.behave('sum', 'hangs');
    const restarted = bench.restart('sum');
    await bench.clock.until('two containers', async () => (await bench.containers('sum')).length === 2);
    for (let pass = 0; pass < 3; pass += 1) await bench.heal('sum');
    expect(bench.world.live.get(old.function)?.target?.instance).toBe(old.id);
    expect(await bench.containers('sum')).toHaveLength(2);
    bench.functions.behave('sum', 'well');
    await bench.clock.during(restarted);
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
  });

  it('goes on when the old instance ends meanwhile', async () => {
    const bench = await serving();
    const old = await bench.only('sum');
    bench.functions.behave('sum', 'hangs');
    const restarted = bench.restart('sum');
    await bench.clock.until('two containers', async () => (await bench.containers('sum')).length === 2);
    await bench.engine.crash(old.id);
    await bench.heal('sum');
    bench.functions.behave('sum', 'well');
    expect((await bench.clock.during(restarted)).changed).toEqual(['sum']);
    await bench.converge();
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('brings a crash-looping function back at once', async () => {
    const bench = await serving();
    bench.functions.behave('sum', 'exits');
    await bench.engine.crash((await bench.only('sum')).id);
    await bench.clock.until(
      'sum loops',
      () => bench.world.live.get(nameOf('sum'))?.failures.looping === true,
    );
    bench.functions.behave('sum', 'well');
    const began = bench.clock.now();
    expect(await bench.clock.during(bench.restart('sum'))).toMatchObject({ changed: ['sum'] });
    expect(bench.clock.now() - began).toBeLessThan(1000);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('says why a function that is down stays down', async () => {
    const bench = await serving();
    bench.functions.behave('sum', 'exits');
    await bench.engine.crash((await bench.only('sum')).id);
    await bench.heal('sum');
    expect(await bench.clock.during(bench.restart('sum'))).toMatchObject({
      failed: ['sum'],
      outcomes: { sum: { kind: 'failed', step: 'start-instance', serving: null } },
    });
  });
});

describe('two instances of one release, as a restart that was cut short leaves them', () => {
  it('are told apart by which answers, and one is kept', async () => {
    const bench = await serving();
    const old = await bench.only('sum');
    bench.functions.behave('sum', 'hangs');
    const restarted = bench.restart('sum').catch(() => undefined);
    await bench.clock.until('two containers', async () => (await bench.containers('sum')).length === 2);
    await bench.kill();
    bench.functions.behave('sum', 'well');
    await bench.clock.during(restarted);
    await bench.start();
    await bench.converge();
    expect((await bench.only('sum')).id).toBe(old.id);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});
