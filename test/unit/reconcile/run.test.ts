import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { intercept } from '../../support/intercept.ts';
import { failed, sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';

describe('host ports', () => {
  it('that another program holds are passed over', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    bench.engine.failNextStart('port-taken');
    expect((await bench.apply()).failed).toEqual([]);
    expect((await bench.only('sum')).port).toBe(bench.ports.first + 1);
  });

  it('that are all in use are said to be, and the old instance serves on', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    bench.ports = { first: bench.ports.first, last: bench.ports.first };
    await bench.apply();
    bench.files['sum'] = sum('v2');
    expect(failed((await bench.apply()).outcomes['sum']).error.code).toBe('ports-exhausted');
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});

describe('settings', () => {
  it('that cannot be had leave what serves, and the error says so', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    bench.listenPort = (other.address() as AddressInfo).port;
    const serves = /^the router of kind builtin goes on serving on http:.*; nothing of this apply was done$/;
    await expect(bench.apply()).rejects.toMatchObject({
      details: expect.arrayContaining([expect.stringMatching(serves)]) as string[],
    });
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});

describe('a removal', () => {
  it('takes the path away at once and the container after its drain', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1'), mul: { version: 'v1', routes: ['/mul'] } });
    await bench.apply();
    delete bench.files['sum'];
    expect((await bench.apply()).outcomes['sum']).toEqual({ kind: 'removed' });
    expect(await bench.ask('/sum')).toBe('404');
    await bench.clock.during(bench.world.retirement.settled());
    expect(await bench.containers('sum')).toEqual([]);
    expect(await bench.ask('/mul')).toBe('mul v1');
  });

  it('happens in the run in which another function takes the path over', async () => {
    const bench = await ReconcileBench.open({
      a: { version: 'v1', routes: ['/x'] },
      z: { version: 'v1', routes: [] },
    });
    await bench.apply();
    bench.files = { z: { version: 'v1', routes: ['/x'] } };
    expect((await bench.apply()).outcomes).toMatchObject({
      a: { kind: 'removed' },
      z: { kind: 'routed', paths: ['/x'] },
    });
    expect(await bench.ask('/x')).toBe('z v1');
  });

  it('waits while the function that takes the path over fails', async () => {
    const bench = await ReconcileBench.open({ a: { version: 'v1', routes: ['/x', '/a'] } });
    await bench.apply();
    bench.files = { z: { version: 'v1', routes: ['/x'] } };
    bench.functions.behave('z', 'exits');
    expect((await bench.clock.during(bench.apply())).outcomes).toMatchObject({
      a: { kind: 'routed' },
      z: { kind: 'failed' },
    });
    expect([await bench.ask('/x'), await bench.ask('/a')]).toEqual(['a v1', '404']);
    bench.functions.behave('z', 'well');
    expect((await bench.apply()).outcomes).toMatchObject({ a: { kind: 'removed' }, z: { kind: 'deployed' } });
    expect(await bench.ask('/x')).toBe('z v1');
  });
});

describe('a change of routes alone', () => {
  it('restarts nothing', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    await bench.apply();
    const before = await bench.only('sum');
    bench.files['sum'] = { version: 'v1', routes: ['/plus', '/sum/deep'] };
    expect((await bench.apply()).outcomes['sum']).toEqual({ kind: 'routed', paths: ['/plus', '/sum/deep'] });
    expect([await bench.ask('/plus'), await bench.ask('/sum')]).toEqual(['sum v1', '404']);
    expect((await bench.only('sum')).id).toBe(before.id);
  });

  it('swaps two paths', async () => {
    const bench = await ReconcileBench.open({
      a: { version: 'v1', routes: ['/a'] },
      b: { version: 'v1', routes: ['/b'] },
    });
    await bench.apply();
    bench.files = { a: { version: 'v1', routes: ['/b'] }, b: { version: 'v1', routes: ['/a'] } };
    expect((await bench.apply()).failed).toEqual([]);
    expect([await bench.ask('/a'), await bench.ask('/b')]).toEqual(['b v1', 'a v1']);
    expect((await bench.plan()).functions.every((item) => item.action === 'none')).toBe(true);
  });

  it('never leaves a path without an answer on its way to a new function', async () => {
    const bench = await ReconcileBench.open({
      old: { version: 'v1', routes: ['/x'] },
      other: { version: 'v1', routes: ['/o'] },
    });
    await bench.apply();
    bench.files = { new: { version: 'v1', routes: ['/x'] }, other: { version: 'v2', routes: ['/o'] } };
    const tables: (string | undefined)[] = [];
    intercept(bench.router, 'setTable', (setTable) => async (table) => {
      tables.push(table.entries.find((entry) => entry.path === '/x')?.target.kind);
      await setTable(table);
    });
    await bench.apply();
    expect(new Set(tables)).toEqual(new Set(['instance']));
    expect(await bench.ask('/x')).toBe('new v1');
  });
});

describe('a partial run', () => {
  it('touches only the functions that are named', async () => {
    const bench = await ReconcileBench.open({
      a: { version: 'v1', routes: ['/a'] },
      b: { version: 'v1', routes: ['/b'] },
    });
    await bench.apply();
    bench.files = { a: { version: 'v2', routes: ['/a'] } };
    expect((await bench.apply({ names: ['a'] })).outcomes).toMatchObject({ a: { kind: 'deployed' } });
    expect([await bench.ask('/a'), await bench.ask('/b')]).toEqual(['a v2', 'b v1']);
  });
});

describe('a run that is cancelled', () => {
  const steps = ['build-image', 'start-instance', 'await-healthy', 'run-tests', 'commit'] as const;
  for (const step of steps) {
    it(`at ${step} leaves the old release serving and no candidate`, async () => {
      const bench = await ReconcileBench.open({ sum: sum('v1') });
      await bench.apply();
      const test = {
        name: 'answers',
        request: { method: 'GET', path: '/', headers: {} },
        expect: { status: 200, headers: {} },
        timeoutMs: 1000,
      };
      bench.files['sum'] = { ...sum('v2'), tests: [test] };
      const cancel = new AbortController();
      const push = bench.events.push.bind(bench.events);
      bench.events.push = (...events) => {
        if (events.some((event) => event.kind === 'step-started' && event.step === step)) cancel.abort();
        return push(...events);
      };
      const result = await bench.apply({ signal: cancel.signal });
      expect(result).toMatchObject({ failed: ['sum'], interrupted: true });
      expect(failed(result.outcomes['sum'])).toMatchObject({
        step,
        error: { code: 'interrupted' },
        serving: { release: 1 },
      });
      expect(await bench.ask('/sum')).toBe('sum v1');
      expect((await bench.containers()).length).toBe(1);
      expect((await bench.apply()).outcomes['sum']).toMatchObject({ kind: 'deployed', release: 2 });
    });
  }

  it('while the engine starts the candidate removes it', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    const cancel = new AbortController();
    intercept(bench.engine, 'start', (start) => async (request) => {
      const instance = await start(request);
      cancel.abort();
      return instance;
    });
    const result = await bench.apply({ signal: cancel.signal });
    expect(failed(result.outcomes['sum'])).toMatchObject({ error: { code: 'interrupted' }, serving: null });
    expect(await bench.containers()).toEqual([]);
  });

  it('at the commit or later is too late: the release serves', async () => {
    const bench = await ReconcileBench.open({ sum: sum('v1') });
    const cancel = new AbortController();
    const push = bench.events.push.bind(bench.events);
    bench.events.push = (...events) => {
      if (events.some((event) => event.kind === 'step-done' && event.step === 'commit')) cancel.abort();
      return push(...events);
    };
    expect(await bench.apply({ signal: cancel.signal })).toMatchObject({
      changed: ['sum'],
      interrupted: false,
    });
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('interrupts every function that was not done and keeps those that were', async () => {
    const bench = await ReconcileBench.open({
      a: { version: 'v1', routes: ['/a'] },
      b: { version: 'v1', routes: ['/b'] },
    });
    bench.functions.behave('b', 'broken');
    const cancel = new AbortController();
    const push = bench.events.push.bind(bench.events);
    bench.events.push = (...events) => {
      if (events.some((event) => event.kind === 'function-done' && event.function === 'a')) cancel.abort();
      return push(...events);
    };
    const result = await bench.clock.during(bench.apply({ signal: cancel.signal }), 3000);
    expect(result).toMatchObject({ changed: ['a'], failed: ['b'], interrupted: true });
    expect(failed(result.outcomes['b'])).toMatchObject({ error: { code: 'interrupted' } });
    expect(await bench.ask('/a')).toBe('a v1');
    expect((await bench.containers()).map((instance) => instance.function)).toEqual(['a']);
  });
});
