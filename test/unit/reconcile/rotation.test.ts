import { describe, expect, it } from 'vitest';

import { openSecrets } from '../../../src/files/secret-store.ts';
import { intercept } from '../../support/intercept.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import type { Wanted } from '../../support/reconcile-bench.ts';

const CANARY = 'c4n4ry-value';
const using = (version: string, path: string): Wanted => ({
  version,
  routes: [path],
  spec: { secrets: { KEY: '' }, env: { VERSION: version } },
});

/** A bench that writes down which values instances are started with. */
async function withKey(): Promise<{ bench: ReconcileBench; given: string[] }> {
  const bench = await ReconcileBench.open({
    sum: using('v1', '/sum'),
    mul: { version: 'v1', routes: ['/mul'] },
  });
  const given: string[] = [];
  intercept(bench.engine, 'start', (start) => (request) => {
    for (const [name, value] of Object.entries(request.secrets ?? {}))
      given.push(`${request.release.function} ${name}=${Buffer.from(value).toString()}`);
    return start(request);
  });
  await bench.secrets.set('KEY', Buffer.from(CANARY));
  return { bench, given };
}

describe('a secret', () => {
  it('reaches the instances whose function names it, and nothing that is written down', async () => {
    const { bench, given } = await withKey();
    await bench.apply();
    expect(given).toEqual([`sum KEY=${CANARY}`]);
    const written = JSON.stringify([
      bench.store.read(),
      bench.events,
      await bench.containers(),
      await bench.plan(),
    ]);
    expect(written).not.toContain(CANARY);
    expect(written).toContain(await bench.secrets.fingerprint('KEY'));
  });

  it('that has a new value replaces who uses it, by the release that is applied', async () => {
    const { bench, given } = await withKey();
    await bench.apply();
    const other = (await bench.only('mul')).id;
    bench.files['sum'] = using('v2', '/sum');
    const result = await bench.setSecret('KEY', 'second');
    expect(result).toMatchObject({ changed: ['sum'], failed: [], unchanged: [] });
    expect(result.plan.functions[0]?.steps[0]?.reason).toEqual({
      kind: 'spec-changed',
      changes: [{ key: 'secret KEY' }],
    });
    expect(await bench.ask('/sum')).toBe('sum v1');
    expect(given.at(-1)).toBe('sum KEY=second');
    await bench.clock.during(bench.world.retirement.settled());
    expect((await bench.only('mul')).id).toBe(other);
    // The old value is nothing to go back to.
    expect(bench.store.read()?.functions['sum']?.earlier).toEqual([]);
  });

  it('that is set to the value it has changes nothing', async () => {
    const { bench } = await withKey();
    await bench.apply();
    bench.fuse.arm(Infinity, 'before');
    expect(await bench.setSecret('KEY', CANARY)).toMatchObject({ changed: [], unchanged: ['sum'] });
    expect(bench.fuse.calls).toEqual([]);
  });

  it('with which a function does not start leaves the instance with the old value', async () => {
    const { bench } = await withKey();
    await bench.apply();
    bench.functions.behave('sum', 'exits');
    const old = await bench.only('sum');
    const result = await bench.clock.during(bench.setSecret('KEY', 'bad'));
    expect(result).toMatchObject({
      failed: ['sum'],
      outcomes: { sum: { kind: 'failed', serving: { release: 1 } } },
    });
    expect((await bench.only('sum')).id).toBe(old.id);
    // The next apply tries again.
    expect((await bench.plan()).functions.find((item) => item.function === 'sum')).toMatchObject({
      action: 'replace',
    });
    bench.functions.behave('sum', 'well');
    expect(await bench.setSecret('KEY', 'bad')).toMatchObject({ changed: ['sum'] });
  });

  it('that a function got when it was brought back is replaced when the earlier value is set again', async () => {
    const { bench, given } = await withKey();
    await bench.apply();
    bench.functions.behave('sum', 'exits');
    await bench.clock.during(bench.setSecret('KEY', 'bad'));
    bench.functions.behave('sum', 'well');
    await bench.engine.removeByHand((await bench.only('sum')).id);
    await bench.converge();
    expect(given.at(-1)).toBe('sum KEY=bad');
    expect((await bench.plan()).functions.map((item) => item.action)).toEqual(['none', 'none']);
    expect(await bench.setSecret('KEY', CANARY)).toMatchObject({ changed: ['sum'] });
    expect(given.at(-1)).toBe(`sum KEY=${CANARY}`);
    expect(bench.store.read()?.functions['sum']?.earlier).toEqual([]);
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
  });

  it('that a function got by a restart is replaced when the earlier value is set again', async () => {
    const { bench, given } = await withKey();
    await bench.apply();
    await bench.secrets.set('KEY', Buffer.from('second'));
    expect(await bench.restart('sum')).toMatchObject({ changed: ['sum'] });
    expect(given.at(-1)).toBe('sum KEY=second');
    expect((await bench.plan()).functions.map((item) => item.action)).toEqual(['none', 'none']);
    expect(await bench.setSecret('KEY', CANARY)).toMatchObject({ changed: ['sum'] });
    expect(given.at(-1)).toBe(`sum KEY=${CANARY}`);
  });

  it('that is lost lets running functions run; a new instance says what is missing', async () => {
    const { bench } = await withKey();
    await bench.apply();
    await openSecrets(bench.paths).remove('KEY');
    await bench.heal('sum');
    expect(await bench.ask('/sum')).toBe('sum v1');
    expect(await bench.restart('sum')).toMatchObject({
      failed: ['sum'],
      outcomes: {
        sum: {
          step: 'start-instance',
          error: {
            code: 'secret-missing',
            message: 'the secret KEY is not set',
            hint: 'faaso secret set KEY',
          },
          serving: { release: 1 },
        },
      },
    });
    await bench.engine.removeByHand((await bench.only('sum')).id);
    await bench.clock.until('sum has failed', async () => {
      await bench.heal('sum').catch(() => undefined);
      return [...bench.world.live.values()].some((live) => live.reason === 'the secret KEY is not set');
    });
    await bench.secrets.set('KEY', Buffer.from(CANARY));
    await bench.converge();
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});
