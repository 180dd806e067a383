import { describe, expect, it } from 'vitest';

import { isOfRelease } from '../../../src/plan/plan.ts';
import type { RunResult } from '../../../src/reconcile/outcomes.ts';
import { ReconcileBench } from '../../support/reconcile-bench.ts';
import type { Wanted } from '../../support/reconcile-bench.ts';

interface Scenario {
  readonly before: Readonly<Record<string, Wanted>>;
  readonly after: Readonly<Record<string, Wanted>>;
  /** Done to the bench between the two applies. */
  readonly between?: (bench: ReconcileBench) => Promise<void>;
  /** What is killed, instead of the second apply. The files stay as they were before. */
  readonly act?: (bench: ReconcileBench) => Promise<RunResult>;
}

const one = (version: string, ...routes: string[]): Wanted => ({ version, routes });

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a first deployment': { before: {}, after: { sum: one('v1', '/sum') } },
  'a replacement': { before: { sum: one('v1', '/sum') }, after: { sum: one('v2', '/sum') } },
  'two replacements': {
    before: { a: one('v1', '/a'), b: one('v1', '/b') },
    after: { a: one('v2', '/a'), b: one('v2', '/b') },
  },
  'a path that moves to a new function': {
    before: { old: one('v1', '/x', '/old') },
    after: { new: one('v1', '/x'), old: one('v1', '/old') },
  },
  'a function renamed': { before: { old: one('v1', '/x') }, after: { new: one('v1', '/x') } },
  'a removal': {
    before: { sum: one('v1', '/sum'), mul: one('v1', '/mul') },
    after: { mul: one('v1', '/mul') },
  },
  'a change of routes': { before: { sum: one('v1', '/sum') }, after: { sum: one('v1', '/plus') } },
  'a restart': {
    before: { sum: one('v1', '/sum') },
    after: { sum: one('v1', '/sum') },
    between: async (bench) => {
      const { id } = await bench.only('sum');
      await bench.kill();
      await bench.engine.crash(id);
      await bench.start();
    },
  },
  'a restart that was asked for': {
    before: { sum: one('v1', '/sum') },
    after: { sum: one('v1', '/sum') },
    act: (bench) => bench.restart('sum'),
  },
  'a rollback': {
    before: { sum: one('v2', '/sum', '/plus') },
    after: { sum: one('v1', '/sum') },
    between: async (bench) => {
      // Deployed before: release 2, and 1 to go back to.
      bench.files = { sum: one('v1', '/sum') };
      await bench.apply();
      bench.files = { sum: one('v2', '/sum', '/plus') };
      await bench.apply();
      await bench.clock.during(bench.world.retirement.settled());
    },
    act: (bench) => bench.rollback('sum', 2),
  },
  'the new value of a secret': {
    before: { sum: { ...one('v1', '/sum'), spec: { secrets: { KEY: '' } } } },
    after: { sum: one('v1', '/sum') },
    act: (bench) => bench.setSecret('KEY', 'new'),
  },
  'the end of everything': { before: { sum: one('v1', '/sum') }, after: {} },
};

async function prepared(scenario: Scenario): Promise<ReconcileBench> {
  const bench = await ReconcileBench.open({ ...scenario.before });
  await bench.secrets.set('KEY', Buffer.from('old'));
  await bench.apply();
  await bench.converge();
  await scenario.between?.(bench);
  if (scenario.act === undefined) bench.files = { ...scenario.after };
  return bench;
}

async function act({ act: asked }: Scenario, bench: ReconcileBench): Promise<RunResult> {
  return await (asked === undefined ? bench.apply() : asked(bench));
}

/** How many calls with an effect the scenario makes when nothing kills it. */
async function countCalls(scenario: Scenario): Promise<number> {
  const bench = await prepared(scenario);
  bench.fuse.arm(Infinity, 'before');
  await bench.clock.during(act(scenario, bench), 20_000);
  await bench.clock.during(bench.world.retirement.settled());
  return bench.fuse.calls.length;
}

type Files = Readonly<Record<string, Wanted>>;

/** Who answers at a path when the files are applied as a whole. */
function answerOf(files: Files, path: string): string {
  const found = Object.entries(files).find(([, { routes }]) => routes.includes(path));
  return found === undefined ? '404' : `${found[0]} ${found[1].version}`;
}

function pathsOf(...all: readonly Files[]): readonly string[] {
  return [...new Set(all.flatMap((files) => Object.values(files).flatMap(({ routes }) => routes)))];
}

/** One container for each applied function, of its release. */
async function expectTidy(bench: ReconcileBench): Promise<void> {
  const applied = Object.values(bench.store.read()?.functions ?? {}).map((item) => item.current);
  const containers = await bench.containers();
  expect(containers.map((instance) => instance.function).sort()).toEqual(
    applied.map((item) => item.function).sort(),
  );
  for (const release of applied) {
    expect(isOfRelease(await bench.only(release.function), release)).toBe(true);
  }
}

describe.each(Object.entries(SCENARIOS))('%s', (_title, scenario) => {
  const { before, after } = scenario;

  it(
    'is whole, or as if it never began, wherever the control plane is killed',
    { timeout: 120_000 },
    async () => {
      const calls = await countCalls(scenario);
      let killed = 0;
      for (let at = 1; at <= calls; at += 1) {
        const bench = await prepared(scenario);
        bench.fuse.arm(at, 'after');
        await bench.clock.during(
          act(scenario, bench).catch(() => undefined),
          20_000,
        );
        await bench.clock.during(bench.world.retirement.settled());
        const where = `after call ${at}, ${bench.fuse.calls.at(-1) ?? ''}`;
        if (bench.fuse.dead) killed += 1;
        await bench.kill();

        await bench.start();
        await bench.converge();
        await expectTidy(bench);
        for (const path of pathsOf(before, after)) {
          const answer = await bench.ask(path);
          const allowed = new Set([answerOf(before, path), answerOf(after, path)]);
          expect([where, path, answer, allowed.has(answer)]).toEqual([where, path, answer, true]);
        }

        const { failed } = await bench.clock.during(act(scenario, bench), 20_000);
        expect([where, failed]).toEqual([where, []]);
        await bench.converge();
        await expectTidy(bench);
        for (const path of pathsOf(before, after)) {
          expect([where, path, await bench.ask(path)]).toEqual([where, path, answerOf(after, path)]);
        }
        await bench.close();
      }
      // The number of route tables differs a little from run to run.
      expect(killed).toBeGreaterThan(calls / 2);
    },
  );
});
