import { describe, expect, it } from 'vitest';

import { intercept } from '../../support/intercept.ts';
import { sum } from '../../support/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import type { Wanted } from '../../support/reconcile-bench.ts';
import { appliedRelease, nameOf } from '../../support/releases.ts';
import { history } from '../../../src/reconcile/history.ts';
import { rollbackTarget } from '../../../src/reconcile/rollback.ts';

/** A bench on which `sum` was deployed in these versions, one after the other. */
async function after(...versions: readonly (string | Wanted)[]): Promise<ReconcileBench> {
  const bench = await ReconcileBench.open();
  for (const version of versions) {
    bench.files['sum'] = typeof version === 'string' ? sum(version) : version;
    await bench.apply();
    await bench.clock.during(bench.world.retirement.settled());
  }
  return bench;
}

/** `4 of 2, 3, 1`: the releases that are kept, the current one first. */
function kept(bench: ReconcileBench): string {
  const item = bench.store.read()?.functions['sum'];
  if (item === undefined) return '';
  return [item.current, ...item.earlier]
    .map(({ number, pin }) => (pin === undefined ? String(number) : `${number} of ${pin.of}`))
    .join(', ');
}

describe('a rollback', () => {
  it('serves the release before again, whole and without a build', async () => {
    const bench = await after('v1', { ...sum('v2'), routes: ['/sum', '/plus'] });
    const writes = bench.engine.writes.length;
    const result = await bench.rollback('sum');
    expect(result).toMatchObject({
      changed: ['sum'],
      notices: [],
      outcomes: { sum: { kind: 'deployed', release: 3, paths: ['/sum'] } },
    });
    expect(bench.engine.writes.slice(writes)).not.toContain('build');
    expect([await bench.ask('/sum'), await bench.ask('/plus')]).toEqual(['sum v1', '404']);
    expect(kept(bench)).toBe('3 of 1, 2');
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
  });

  it('names the release and what moves in its plan', async () => {
    const bench = await after('v1', { ...sum('v2'), routes: ['/plus'] });
    const { plan } = await bench.rollback('sum');
    expect(plan.functions).toMatchObject([{ function: 'sum', action: 'replace' }]);
    expect(plan.functions[0]?.steps.map(({ step, reason }) => `${step} ${reason.kind}`)).toEqual([
      'start-instance rolled-back',
      'await-healthy rolled-back',
      'commit rolled-back',
      'switch-route rolled-back',
      'switch-route routes-changed',
      'drain-instance rolled-back',
      'remove-instance rolled-back',
    ]);
  });

  it('keeps three releases that differ, whichever way one goes', async () => {
    const bench = await after('v1', 'v2', 'v3');
    await bench.rollback('sum');
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['4 of 2, 3, 1', 'sum v2']);
    await bench.rollback('sum');
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['5 of 1, 4 of 2, 3', 'sum v1']);
    await expect(bench.rollback('sum')).rejects.toMatchObject({
      code: 'release-unknown',
      message: 'sum serves release 1 again, and none before that is kept',
      hint: 'the others that are kept are newer, as 2: faaso rollback sum 2; all: faaso releases sum',
    });
    await bench.rollback('sum', 2);
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['6 of 2, 5 of 1, 3', 'sum v2']);
    // Forward to what the files say: nothing is held any more.
    await bench.rollback('sum', 3);
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['7, 6 of 2, 5 of 1', 'sum v3']);
    expect((await bench.plan()).functions).toEqual([{ function: 'sum', action: 'none', steps: [] }]);
  });

  it('knows of the oldest that is kept what it changed, too', async () => {
    const bench = await after('v1', { ...sum('v2'), routes: ['/sum', '/plus'] }, 'v3', 'v4');
    const item = bench.store.read()?.functions['sum'];
    const kinds = item === undefined ? [] : history(item);
    expect(kinds.map(({ release, changes }) => [release.number, changes.map(({ kind }) => kind)])).toEqual([
      [4, ['source-changed', 'spec-changed']],
      [3, ['source-changed', 'spec-changed', 'routes-changed']],
      [2, ['source-changed', 'spec-changed', 'routes-changed']],
    ]);
    const first = (await after('v1')).store.read()?.functions['sum'];
    expect(first === undefined ? [] : history(first)).toMatchObject([{ changes: [{ kind: 'new' }] }]);
  });

  it('to what serves already changes nothing', async () => {
    const bench = await after('v1', 'v2');
    bench.fuse.arm(Infinity, 'before');
    expect(await bench.rollback('sum', 2)).toMatchObject({
      unchanged: ['sum'],
      notices: ['sum serves release 2 already'],
    });
    expect(bench.fuse.calls).toEqual([]);
  });

  it('to a release that is not kept says which are', async () => {
    const bench = await after('v1');
    await expect(bench.rollback('sum')).rejects.toMatchObject({
      code: 'release-unknown',
      message: 'sum has no release before 1',
      hint: 'only release 1 is kept; it is the current one',
    });
    await expect(bench.rollback('sum', 9)).rejects.toMatchObject({ message: 'sum keeps no release 9' });
  });

  it('to a release whose image is gone touches nothing', async () => {
    const bench = await after('v1', 'v2');
    const [release] = bench.store.read()?.functions['sum']?.earlier ?? [];
    await bench.engine.removeImage(release?.image ?? '');
    await expect(bench.rollback('sum')).rejects.toMatchObject({
      code: 'image-missing',
      hint: expect.stringContaining('faaso apply sum'),
    });
    expect(await bench.ask('/sum')).toBe('sum v2');
  });

  it('leaves what serves when the earlier release is not healthy any more', async () => {
    const bench = await after('v1', 'v2');
    bench.functions.behave('sum', 'exits', 'v1');
    const result = await bench.clock.during(bench.rollback('sum'));
    expect(result.outcomes['sum']).toMatchObject({ kind: 'failed', serving: { release: 2 } });
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['2, 1', 'sum v2']);
    expect(await bench.containers()).toHaveLength(1);
  });

  it('leaves a path where it has gone since, and says so', async () => {
    const bench = await after({ ...sum('v1'), routes: ['/sum', '/plus'] });
    bench.files['sum'] = sum('v2');
    await bench.apply();
    bench.files['add'] = { version: 'v1', routes: ['/plus'] };
    await bench.apply();
    const result = await bench.rollback('sum');
    expect(result.notices).toEqual(['/plus stays with add, which has it now']);
    expect([await bench.ask('/sum'), await bench.ask('/plus')]).toEqual(['sum v1', 'add v1']);
  });

  it('gives the earlier release the secrets of now', async () => {
    const bench = await ReconcileBench.open();
    await bench.secrets.set('KEY', Buffer.from('old'));
    const secrets = { KEY: '' };
    for (const version of ['v1', 'v2']) {
      bench.files['sum'] = { ...sum(version), spec: { secrets } };
      await bench.apply();
    }
    await bench.setSecret('KEY', 'new');
    await bench.rollback('sum');
    const current = bench.store.read()?.functions['sum']?.current;
    expect(current?.spec.secrets).toEqual({ KEY: await bench.secrets.fingerprint('KEY') });
    expect((await bench.plan()).functions).toMatchObject([{ action: 'none', pinned: 1 }]);
    await bench.clock.during(bench.world.retirement.settled());
    await bench.converge();
  });
});

describe('the release that a rollback goes to', () => {
  it('is the last that served before and is older, not the one that was left', () => {
    const at = (number: number, of?: number): ReturnType<typeof appliedRelease> => ({
      ...appliedRelease('sum', { version: `v${of ?? number}`, number }),
      ...(of === undefined ? {} : { pin: { of, left: '' } }),
    });
    const target = (...kept: readonly ReturnType<typeof at>[]): number => {
      const [current = at(0), ...earlier] = kept;
      return rollbackTarget({ current, earlier }).number;
    };
    expect(target(at(3), at(2), at(1))).toBe(2);
    expect(target(at(4, 2), at(3), at(1))).toBe(1);
    // Deployed after a rollback: back to what served then, and not to the bad one that was left.
    expect(target(at(7), at(6, 2), at(5))).toBe(6);
  });
});

describe('what a rollback went back to', () => {
  it('is held against the files: no apply and no watcher undoes it', async () => {
    const bench = await after('v1', 'v2');
    await bench.rollback('sum');
    expect((await bench.plan()).functions).toEqual([
      { function: 'sum', action: 'none', pinned: 1, steps: [] },
    ]);
    expect(await bench.apply()).toMatchObject({ unchanged: ['sum'], changed: [] });
    expect(await bench.apply({ names: ['sum'] })).toMatchObject({ unchanged: ['sum'] });
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('is held through an apply of others, which keep away from its paths', async () => {
    const bench = await after('v1', { ...sum('v2'), routes: ['/add'] });
    await bench.rollback('sum');
    bench.files['mul'] = { version: 'v1', routes: ['/mul'] };
    expect(await bench.apply()).toMatchObject({ changed: ['mul'], unchanged: ['sum'] });
    const paths = ['/sum', '/mul', '/add'];
    expect(await Promise.all(paths.map((path) => bench.ask(path)))).toEqual(['sum v1', 'mul v1', '404']);
  });

  it('gives a path away that the files now want elsewhere', async () => {
    const bench = await after('v1', { ...sum('v2'), routes: ['/add'] });
    await bench.rollback('sum');
    bench.files['mul'] = { version: 'v1', routes: ['/sum'] };
    await bench.apply();
    expect(await bench.ask('/sum')).toBe('mul v1');
  });

  it('follows the files again once its own change', async () => {
    const bench = await after('v1', 'v2');
    await bench.rollback('sum');
    bench.files['sum'] = sum('v3');
    expect((await bench.plan()).functions[0]).toMatchObject({ action: 'replace' });
    await bench.apply();
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['4, 3 of 1, 2', 'sum v3']);
    // The files of back then are a change too, now.
    bench.files['sum'] = sum('v2');
    await bench.apply();
    expect(await bench.ask('/sum')).toBe('sum v2');
  });

  it('is free again when the files change to just what runs', async () => {
    const bench = await after('v1', 'v2');
    await bench.rollback('sum');
    const { id } = await bench.only('sum').catch(async () => {
      await bench.clock.during(bench.world.retirement.settled());
      return await bench.only('sum');
    });
    bench.files['sum'] = sum('v1');
    expect((await bench.plan()).functions).toEqual([{ function: 'sum', action: 'none', steps: [] }]);
    await bench.apply();
    expect(kept(bench)).toBe('3, 2');
    bench.files['sum'] = sum('v2');
    await bench.apply();
    expect(await bench.ask('/sum')).toBe('sum v2');
    expect(id).not.toBe((await bench.containers('sum')).at(-1)?.id);
  });

  it('is brought back as it is when its container goes', async () => {
    const bench = await after('v1', 'v2');
    await bench.rollback('sum');
    await bench.clock.during(bench.world.retirement.settled());
    await bench.kill();
    await bench.engine.removeByHand((await bench.only('sum')).id);
    await bench.start();
    expect((await bench.plan()).functions).toMatchObject([{ action: 'restart', pinned: 1 }]);
    await bench.clock.during(bench.apply());
    expect([kept(bench), await bench.ask('/sum')]).toEqual(['3 of 1, 2', 'sum v1']);
  });

  it('is held by the label when the state is lost', async () => {
    const bench = await after('v1', 'v2');
    await bench.rollback('sum');
    await bench.clock.during(bench.world.retirement.settled());
    const { release } = await bench.only('sum');
    const pin = bench.store.read()?.functions['sum']?.current.pin;
    expect(pin).toMatchObject({ of: 1 });
    expect(release?.pin).toEqual(pin);
  });

  it('is restarted and rotated without being let go', async () => {
    const bench = await ReconcileBench.open();
    await bench.secrets.set('KEY', Buffer.from('old'));
    for (const version of ['v1', 'v2']) {
      bench.files['sum'] = { ...sum(version), spec: { secrets: { KEY: '' } } };
      await bench.apply();
    }
    await bench.rollback('sum');
    await bench.restart('sum');
    await bench.setSecret('KEY', 'new');
    expect((await bench.plan()).functions).toMatchObject([{ action: 'none', pinned: 1 }]);
    expect(kept(bench)).toBe('4 of 1, 2');
  });

  it('serves on while the control plane is away for the switch', async () => {
    const bench = await after('v1', 'v2');
    intercept(bench.world.engine, 'stop', () => () => Promise.reject(new Error('away')));
    await bench.rollback('sum');
    expect(bench.world.live.get(nameOf('sum'))?.state).toBe('running');
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});
