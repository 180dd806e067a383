import { describe, expect, it } from 'vitest';

import { liveOf } from '../../../src/reconcile/live.ts';
import type { Live } from '../../../src/reconcile/live.ts';
import { intercept } from '../../support/intercept.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import { nameOf, specOf } from '../../support/releases.ts';

const SUM = { version: 'v1', routes: ['/sum'] };

async function running(spec = {}): Promise<ReconcileBench> {
  const bench = await ReconcileBench.open({ sum: { ...SUM, spec } });
  await bench.apply();
  return bench;
}

function live(bench: ReconcileBench): Live {
  return liveOf(bench.world, nameOf('sum'));
}

/** Lets the function be started and notes how it comes out. */
async function untilState(bench: ReconcileBench, state: Live['state'], limitMs = 600_000): Promise<void> {
  await bench.clock.until(`sum is ${state}`, () => live(bench).state === state, limitMs);
}

describe('a function that crashes', () => {
  it('is answered with 503 and comes back after a second', async () => {
    const bench = await running();
    const { id } = await bench.only('sum');
    await bench.engine.crash(id, 1);
    await bench.heal('sum');
    const answer = await bench.call('/sum');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(live(bench)).toMatchObject({ state: 'restarting', reason: 'the process exited with code 1' });
    const crashedAt = bench.clock.now();
    await untilState(bench, 'running', 5000);
    expect(bench.clock.now() - crashedAt).toBeLessThan(1500);
    expect(await bench.ask('/sum')).toBe('sum v1');
    expect(await bench.only('sum')).toMatchObject({ id });
    expect(live(bench).failures.restarts).toBe(1);
  });

  it('says so when it ran out of memory', async () => {
    const bench = await running();
    await bench.engine.crash((await bench.only('sum')).id, 137, { oomKilled: true });
    await bench.heal('sum');
    expect(live(bench).reason).toBe('out of memory (limits.memory)');
  });

  it('is restarted after 1, 2, 4 … 300 s for ever, and shown as crash-looping from the fifth restart', async () => {
    const bench = await running();
    bench.functions.behave('sum', 'exits');
    await bench.engine.crash((await bench.only('sum')).id);
    const delays: number[] = [];
    const states: string[] = [];
    let restartedAt = bench.clock.now();
    for (let restart = 1; restart <= 12; restart += 1) {
      await bench.clock.until(`restart ${restart}`, () => live(bench).failures.restarts === restart);
      delays.push(Math.round((bench.clock.now() - restartedAt) / 1000));
      restartedAt = bench.clock.now();
      states.push(live(bench).state);
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(states).toEqual([
      ...Array<string>(4).fill('restarting'),
      ...Array<string>(8).fill('crash-looping'),
    ]);
    expect(await bench.ask('/sum')).toBe('503');
    expect((await bench.containers()).length).toBe(1);
  });

  it('begins again with a second after ten healthy minutes', async () => {
    const bench = await running();
    for (const expected of [1000, 2000, 4000]) {
      await bench.engine.crash((await bench.only('sum')).id);
      await bench.heal('sum');
      expect((live(bench).waiting?.until ?? 0) - bench.clock.now()).toBe(expected);
      await untilState(bench, 'running');
    }
    await bench.clock.advance(600_000);
    await bench.engine.crash((await bench.only('sum')).id);
    await bench.heal('sum');
    expect((live(bench).waiting?.until ?? 0) - bench.clock.now()).toBe(1000);
    expect(live(bench).failures).toMatchObject({ count: 1, restarts: 3 });
  });

  it('knows what it was restarted for once it runs again', async () => {
    const bench = await running();
    const at = bench.clock.now();
    await bench.engine.crash((await bench.only('sum')).id);
    await bench.heal('sum');
    const { reason } = live(bench);
    expect(reason).not.toBe('');
    await untilState(bench, 'running');
    expect(live(bench)).toMatchObject({ reason: '', lastFailure: { at, reason } });
  });

  it('begins afresh with a new release', async () => {
    const bench = await running();
    bench.functions.behave('sum', 'exits', 'v1');
    await bench.engine.crash((await bench.only('sum')).id);
    await untilState(bench, 'crash-looping');
    bench.files['sum'] = { ...SUM, version: 'v2' };
    expect((await bench.clock.during(bench.apply(), 2000)).failed).toEqual([]);
    expect(await bench.ask('/sum')).toBe('sum v2');
    expect(live(bench)).toMatchObject({ state: 'running', failures: { count: 0, looping: false } });
    await bench.converge();
  });

  it('is brought back at once by apply, whatever its back-off', async () => {
    const bench = await running();
    bench.functions.behave('sum', 'exits');
    await bench.engine.crash((await bench.only('sum')).id);
    await untilState(bench, 'crash-looping');
    await bench.clock.until('it ended', async () => (await bench.only('sum')).status.kind === 'exited');
    bench.functions.behave('sum', 'well');
    const { outcomes } = await bench.clock.during(bench.apply(), 3000);
    expect(outcomes['sum']).toMatchObject({ kind: 'deployed', release: 1 });
    expect(await bench.ask('/sum')).toBe('sum v1');
  });
});

describe('a function that hangs', () => {
  it('is taken out after three failed probes and restarted', async () => {
    const health = { ...specOf().health, timeoutMs: 30 };
    const bench = await running({ health });
    bench.functions.behave('sum', 'hangs');
    const began = bench.clock.now();
    await untilState(bench, 'restarting');
    expect(bench.clock.now() - began).toBe(30_000);
    expect(live(bench).reason).toBe(
      '3 health probes in a row failed: GET /_faaso/health: no answer within 0.03 s',
    );
    expect(await bench.ask('/sum')).toBe('503');
    bench.functions.behave('sum', 'well');
    await untilState(bench, 'running');
    expect(bench.engine.writes.filter((write) => write === 'startAgain').length).toBe(1);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('is routed to again without a restart when one probe succeeds in time', async () => {
    const bench = await running();
    bench.functions.behave('sum', 'broken');
    // A long back-off, so that the next probe comes before the restart.
    live(bench).failures = { ...live(bench).failures, count: 6 };
    await untilState(bench, 'restarting', 31_000);
    bench.functions.behave('sum', 'well');
    await untilState(bench, 'running', 11_000);
    expect(bench.engine.writes).not.toContain('startAgain');
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('is replaced when it was paused', async () => {
    const bench = await running();
    const { id } = await bench.only('sum');
    bench.engine.pause(id);
    await bench.heal('sum');
    expect(live(bench).state).toBe('running');
    bench.functions.behave('sum', 'broken');
    await untilState(bench, 'restarting', 31_000);
    bench.functions.behave('sum', 'well');
    await untilState(bench, 'running', 5000);
    expect(await bench.only('sum')).toMatchObject({ status: { kind: 'running' } });
  });

  it('that never becomes healthy after a restart is restarted again after the deploy timeout', async () => {
    const bench = await running();
    bench.functions.behave('sum', 'broken');
    await bench.engine.crash((await bench.only('sum')).id);
    await bench.clock.until('the second restart', () => live(bench).failures.restarts === 2, 60_000);
    expect(live(bench).reason).toContain('answered 500');
    expect(await bench.ask('/sum')).toBe('503');
  });
});

describe('a container', () => {
  it('that someone removed is made anew on another port', async () => {
    const bench = await running();
    const before = await bench.only('sum');
    await bench.engine.removeByHand(before.id);
    await bench.heal('sum');
    expect(live(bench).reason).toBe('its container was removed');
    await bench.clock.until('there is another', async () => (await bench.containers()).length === 1, 5000);
    await untilState(bench, 'running', 5000);
    expect((await bench.only('sum')).id).not.toBe(before.id);
    expect(await bench.ask('/sum')).toBe('sum v1');
    expect(bench.world.health.health(before.id)).toBeUndefined();
  });

  it('that lost its port is never routed to, whatever answers there', async () => {
    const bench = await running();
    const { id } = await bench.only('sum');
    bench.engine.unbindPort(id);
    await bench.heal('sum');
    expect(await bench.ask('/sum')).toBe('503');
    expect(live(bench).reason).toMatch(/^its container lost port \d+$/);
    await untilState(bench, 'running', 5000);
    expect(await bench.only('sum')).toMatchObject({ portBound: true });
  });

  it('whose port is taken when it is started again gets another port', async () => {
    const bench = await running();
    const before = await bench.only('sum');
    await bench.engine.crash(before.id);
    bench.engine.failNextStart('port-taken');
    await bench.heal('sum');
    await untilState(bench, 'running', 5000);
    const after = await bench.only('sum');
    expect(after.id).not.toBe(before.id);
    expect(after.port).not.toBe(before.port);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('whose image is gone is made from an image that is built again', async () => {
    const bench = await running();
    const before = await bench.only('sum');
    await bench.engine.removeByHand(before.id);
    const image = bench.store.read()?.functions['sum']?.current.image ?? '';
    await bench.engine.removeImage(image);
    await bench.heal('sum');
    await untilState(bench, 'running', 5000);
    expect(bench.rebuilds).toEqual([image]);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('that cannot be started says why, and is tried again with back-off', async () => {
    const bench = await running();
    const triedAt: number[] = [];
    intercept(bench.engine, 'start', () => () => {
      triedAt.push(bench.clock.now());
      return Promise.reject(new Error('out of cheese'));
    });
    await bench.engine.removeByHand((await bench.only('sum')).id);
    await bench.clock.until('it was tried five times', () => triedAt.length === 5);
    expect(live(bench)).toMatchObject({ state: 'failed', reason: 'out of cheese' });
    const waits = triedAt.slice(1).map((at, index) => (at - (triedAt[index] ?? 0)) / 1000);
    expect(waits).toEqual([2, 4, 8, 16]);
  });

  it('that a second one doubles stays, and the double goes', async () => {
    const bench = await running();
    const first = await bench.only('sum');
    const release = first.release;
    if (release === undefined) throw new Error('it has a release');
    await bench.engine.start({ project: first.project, release, port: first.port + 5, attempt: 1 });
    await bench.heal('sum');
    await bench.clock.during(bench.world.retirement.settled());
    expect((await bench.only('sum')).id).toBe(first.id);
    expect(await bench.ask('/sum')).toBe('sum v1');
  });

  it('of a release that nobody knows is drained and removed', async () => {
    const bench = await running();
    const { project, release, port } = await bench.only('sum');
    if (release === undefined) throw new Error('it has a release');
    await bench.engine.start({
      project,
      release: { ...release, specHash: 'other' },
      port: port + 5,
      attempt: 0,
    });
    await bench.heal('sum');
    await bench.clock.during(bench.world.retirement.settled());
    expect((await bench.only('sum')).specHash).toBe(release.specHash);
  });

  it('of another project is left alone', async () => {
    const bench = await running();
    const { release, port } = await bench.only('sum');
    if (release === undefined) throw new Error('it has a release');
    const other = await bench.engine.start({
      project: { name: 'demo', root: '/elsewhere' },
      release: { ...release, specHash: 'other' },
      port: port + 5,
      attempt: 0,
    });
    await bench.heal('sum');
    await bench.clock.during(bench.world.retirement.settled());
    expect(await bench.engine.instance(other.id)).toMatchObject({ status: { kind: 'running' } });
  });
});

describe('when nothing says what is wanted', () => {
  it('no container is removed', async () => {
    const bench = await running();
    await bench.world.store.clear();
    await bench.heal('sum');
    await bench.world.retirement.settled();
    expect((await bench.containers('sum')).length).toBe(1);
    expect(await bench.ask('/sum')).toBe('404');
  });
});

describe('a retirement that fails', () => {
  it('is told of and tried again', async () => {
    const bench = await running();
    const mend = intercept(
      bench.engine,
      'remove',
      () => () => Promise.reject(new Error('the engine is busy')),
    );
    bench.files['sum'] = { ...SUM, version: 'v2' };
    await bench.apply();
    await bench.clock.until(
      'it failed',
      () => bench.events.some((event) => event.kind === 'failure'),
      40_000,
    );
    expect((await bench.containers()).length).toBe(2);
    mend();
    await bench.clock.until(
      'the old one is gone',
      async () => (await bench.containers()).length === 1,
      60_000,
    );
    expect(await bench.ask('/sum')).toBe('sum v2');
  });
});

describe('a router that refuses a table', () => {
  it('gets it again, and the old instance stays until then', async () => {
    const bench = await running();
    const mend = intercept(bench.router, 'setTable', () => () => Promise.reject(new Error('no')));
    bench.files['sum'] = { ...SUM, version: 'v2' };
    expect((await bench.apply()).failed).toEqual(['sum']);
    expect(await bench.ask('/sum')).toBe('sum v1');
    mend();
    await bench.converge();
    expect(await bench.ask('/sum')).toBe('sum v2');
  });
});
