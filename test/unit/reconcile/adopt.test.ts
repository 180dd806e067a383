import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { functionsFromLabels, withSettings } from '../../../src/reconcile/applied.ts';
import { liveOf } from '../../../src/reconcile/live.ts';
import { intercept } from '../../support/intercept.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import { nameOf } from '../../support/releases.ts';

const FILES = { mul: { version: 'v1', routes: ['/mul'] }, sum: { version: 'v1', routes: ['/sum'] } };

async function applied(): Promise<ReconcileBench> {
  const bench = await ReconcileBench.open({ ...FILES });
  await bench.apply();
  return bench;
}

describe('a control plane that starts again', () => {
  it('takes over what runs without touching it', async () => {
    const bench = await applied();
    const before = await bench.containers();
    await bench.kill();
    expect(await bench.ask('/sum')).toBe('sum v1');
    const writes = bench.engine.writes.length;
    await bench.start();
    await bench.converge();
    expect(bench.engine.writes.slice(writes)).toEqual([]);
    expect(await bench.containers()).toEqual(before);
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['sum v1', 'mul v1']);
    expect((await bench.apply()).unchanged).toEqual(['mul', 'sum']);
  });

  it('routes to what it took over before it has looked at any function', async () => {
    const bench = await applied();
    await bench.kill();
    const tables: unknown[] = [];
    intercept(bench.router, 'start', (start) => async (settings, table) => {
      tables.push(...table.entries.map((entry) => entry.target.kind));
      await start(settings, table);
    });
    await bench.start();
    expect(tables).toEqual(['instance', 'instance']);
  });

  it('watches over what it took over', async () => {
    const bench = await applied();
    await bench.kill();
    await bench.start();
    await bench.converge();
    bench.functions.behave('sum', 'broken');
    const live = liveOf(bench.world, nameOf('sum'));
    await bench.clock.until('it is taken out', () => live.state === 'restarting', 31_000);
    expect(await bench.ask('/sum')).toBe('503');
  });

  it('brings back at once what stopped while it was away', async () => {
    const bench = await applied();
    await bench.kill();
    for (const { id } of await bench.containers()) await bench.engine.crash(id);
    const began = bench.clock.now();
    await bench.start();
    await bench.converge();
    expect(bench.clock.now() - began).toBeLessThan(1000);
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['sum v1', 'mul v1']);
  });

  it('never takes a candidate that was not committed for a release', async () => {
    const bench = await ReconcileBench.open({ sum: { version: 'v1', routes: ['/sum'] } });
    bench.functions.behave('sum', 'broken');
    const run = bench.apply();
    await bench.clock.until('the candidate runs', async () => (await bench.containers()).length === 1, 5000);
    await bench.kill();
    await bench.clock.during(run.catch(() => undefined));
    await bench.start();
    await bench.converge();
    expect(await bench.containers()).toEqual([]);
    expect(Object.keys(bench.store.read()?.functions ?? {})).toEqual([]);
  });

  it('goes on with a removal that was committed', async () => {
    const bench = await ReconcileBench.open({ sum: { version: 'v1', routes: ['/sum'] } });
    await bench.apply();
    bench.files = {};
    const mend = intercept(
      bench.engine,
      'remove',
      () => () => Promise.reject(new Error('the engine is busy')),
    );
    await bench.apply();
    await bench.kill();
    mend();
    await bench.start();
    await bench.converge();
    expect(await bench.containers()).toEqual([]);
  });

  it('moves a damaged state file aside, and removes nothing that runs', async () => {
    const bench = await applied();
    await bench.kill();
    writeFileSync(bench.paths.applied, '{"format":1');
    await bench.start();
    expect(bench.store.read()).toBeUndefined();
    expect(readFileSync(`${bench.paths.applied}.unreadable`, 'utf8')).toBe('{"format":1');
    await bench.clock.advance(60_000);
    expect((await bench.containers()).length).toBe(2);
  });
});

describe('a state that was lost', () => {
  it('is rebuilt from labels without one change to the engine', async () => {
    const bench = await applied();
    const before = bench.store.read();
    await bench.kill();
    rmSync(bench.paths.state, { recursive: true });
    const writes = bench.engine.writes.length;
    await bench.start();
    const functions = functionsFromLabels(await bench.containers());
    await bench.store.commit(() => ({
      ...withSettings(undefined, bench.project(), {}, { overlays: [] }),
      functions,
    }));
    await bench.kill();
    await bench.start();
    await bench.converge();
    expect(bench.engine.writes.slice(writes)).toEqual([]);
    for (const name of ['mul', 'sum']) {
      const { appliedAt, inputs, ...release } = bench.store.read()?.functions[name]?.current ?? {};
      expect(before?.functions[name]?.current).toMatchObject(release);
      expect([typeof appliedAt, inputs]).toEqual(['number', {}]);
    }
    expect((await bench.plan()).functions.map((item) => item.action)).toEqual(['none', 'none']);
  });
});

describe('an engine that goes away', () => {
  it('changes nothing of what is served, and is told of once', async () => {
    const bench = await applied();
    bench.events.length = 0;
    bench.engine.disconnect('gone');
    await bench.clock.advance(300_000);
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['sum v1', 'mul v1']);
    expect(bench.events).toEqual([{ kind: 'engine-changed', state: 'unreachable', detail: 'gone' }]);
  });

  it('is looked at as a whole when it is back', async () => {
    const bench = await applied();
    const [mul, sum] = [await bench.only('mul'), await bench.only('sum')];
    bench.engine.disconnect();
    await bench.engine.crash(mul.id);
    await bench.engine.removeByHand(sum.id);
    await bench.clock.advance(60_000);
    bench.engine.connect();
    await bench.clock.until('both run', () => bench.isConverged(), 10_000);
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['sum v1', 'mul v1']);
  });

  it('never has its containers taken for one another when it comes back with other ports', async () => {
    const bench = await applied();
    const containers = await bench.containers();
    bench.engine.disconnect();
    for (const { id } of containers) bench.engine.unbindPort(id);
    bench.engine.connect();
    await bench.heal('mul');
    await bench.heal('sum');
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['503', '503']);
    await bench.clock.until('both run', () => bench.isConverged(), 10_000);
    expect([await bench.ask('/sum'), await bench.ask('/mul')]).toEqual(['sum v1', 'mul v1']);
  });

  it('does not count against the functions that could not be started meanwhile', async () => {
    const bench = await applied();
    const { id } = await bench.only('sum');
    await bench.engine.crash(id);
    await bench.heal('sum');
    bench.engine.disconnect();
    await bench.clock.advance(60_000);
    expect(liveOf(bench.world, nameOf('sum')).failures.count).toBe(1);
    bench.engine.connect();
    await bench.clock.until('it runs', () => bench.isConverged(), 5000);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});
