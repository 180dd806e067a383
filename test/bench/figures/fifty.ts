import type { Figure, Row } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { answering, projectOfMany } from '../support/many.ts';
import { median, repeat } from '../support/stats.ts';
import type { TestProject } from '../../support/project.ts';

const FUNCTIONS = 50;
const ROUNDS = 5;
const GOAL_MS = 1000;

/** What a verb costs that finds nothing to do, and what an edit touches. */
export const fifty: Figure = {
  name: 'fifty',
  about: `no-op apply and plan of ${FUNCTIONS} functions, with Node's start; an edit of one`,
  run: async (bench) => {
    const project = projectOfMany(bench, FUNCTIONS);
    bench.note(`builds and starts ${FUNCTIONS} functions`);
    const first = await project.deploy();
    bench.note(`took ${Math.round(first.durationMs / 1000)} s`);
    const withDaemon = await repeat(ROUNDS, async () => ({
      apply: await took(project, 'apply'),
      plan: await took(project, 'plan'),
    }));
    const without = await repeat(ROUNDS, async () => {
      await took(project, 'daemon', 'stop');
      return { plan: await took(project, 'plan'), apply: await took(project, 'apply') };
    });
    const row = (name: string, values: readonly number[]): Row => ({
      name,
      value: median(values),
      unit: 'ms',
      goal: GOAL_MS,
    });
    return [
      row(
        'apply, daemon running',
        withDaemon.map((pair) => pair.apply),
      ),
      row(
        'plan, daemon running',
        withDaemon.map((pair) => pair.plan),
      ),
      row(
        'apply, which starts the daemon',
        without.map((pair) => pair.apply),
      ),
      row(
        'plan, no daemon',
        without.map((pair) => pair.plan),
      ),
      ...(await editOne(bench, project)),
    ];
  },
};

async function editOne(bench: Bench, project: TestProject): Promise<Row[]> {
  const before = await project.containers();
  project.node('f07', answering('edited'));
  const { durationMs } = await project.deploy();
  const after = await project.whenSettled(before.map((item) => item.function));
  const kept = new Set(before.map((item) => `${item.id} ${item.startedAt}`));
  const touched = after
    .filter((item) => !kept.has(`${item.id} ${item.startedAt}`))
    .map((item) => item.function);
  if (touched.join() !== 'f07') bench.note(`containers were replaced of: ${touched.join(', ') || 'nobody'}`);
  return [
    { name: 'containers replaced by an edit of one', value: touched.length, unit: '', goal: 1 },
    { name: 'apply of that edit', value: durationMs, unit: 'ms' },
  ];
}

/** Milliseconds of a `faaso …` which must succeed. */
async function took(project: TestProject, ...args: string[]): Promise<number> {
  const { code, durationMs, stderr } = await project.faaso(...args);
  if (code !== 0) throw new Error(`faaso ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  return durationMs;
}
