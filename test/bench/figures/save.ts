import { setTimeout as delay } from 'node:timers/promises';

import type { EventJson } from '../../../src/cli/answers.ts';
import type { Figure, Row } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { answering } from '../support/many.ts';
import { median, repeat } from '../support/stats.ts';
import type { Command } from '../../support/project-command.ts';
import { http } from '../../support/project-http.ts';
import type { TestProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const ROUNDS = 5;
const GOAL_MS = 3000;
const POLL_MS = 20;
const ANSWERED_WITHIN_MS = 40_000;
const PHASES = [
  'build-image',
  'start-instance',
  'await-healthy',
  'run-tests',
  'commit',
  'switch-route',
] as const;
const METADATA = { test: [{ name: 'answers', request: { path: '/' }, expect: { status: 200 } }] };

type Phase = 'watch and plan' | (typeof PHASES)[number] | 'seen by a caller';

/** One saved file: when it was answered by the router, and what the time went to. */
interface Saved {
  readonly totalMs: number;
  readonly phases: Readonly<Record<Phase, number>>;
}

/** From the saved file to its answer through the router. */
export const save: Figure = {
  name: 'save',
  about: `a saved file until its answer comes through the router (serve --watch), median of ${ROUNDS}`,
  run: async (bench) => {
    const project = bench.project({ routes: { '/python': 'python', '/node': 'node' } });
    project.python('python', pythonAnswering('v0'), METADATA);
    project.node('node', answering('v0'), METADATA);
    const serving = project.start(['serve', '--watch', '--json']);
    bench.after(async () => void (await serving.interrupt()));
    project.url = await servingUrl(serving);
    await project.whenAnswers('/node', 'v0');
    return [
      ...(await measure(bench, project, serving, 'python', (text) =>
        project.write('functions/python/handler.py', pythonAnswering(text)),
      )),
      ...(await measure(bench, project, serving, 'node', (text) =>
        project.write('functions/node/handler.mjs', answering(text)),
      )),
    ];
  },
};

async function measure(
  bench: Bench,
  project: TestProject,
  serving: Command,
  name: 'python' | 'node',
  write: (text: string) => void,
): Promise<Row[]> {
  const saves = await repeat(ROUNDS, async (round): Promise<Saved> => {
    const text = `v${round + 1}`;
    const from = serving.lines.length;
    const savedAt = Date.now();
    write(text);
    const answeredAt = await answered(`${project.url}/${name}`, text);
    const events = await until('the end of the run', () => {
      const later = serving.lines.slice(from) as unknown as readonly EventJson[];
      return later.some((event) => event.kind === 'run-done') ? later : undefined;
    });
    return { totalMs: answeredAt - savedAt, phases: phasesOf(events, savedAt, answeredAt) };
  });
  bench.note(`${name}: ${saves.map((item) => Math.round(item.totalMs)).join(', ')} ms`);
  const phases: readonly Phase[] = ['watch and plan', ...PHASES, 'seen by a caller'];
  return [
    { name, value: median(saves.map((item) => item.totalMs)), unit: 'ms', goal: GOAL_MS },
    ...phases.map((phase): Row => ({
      name: `  ${name}, ${phase}`,
      value: median(saves.map((item) => item.phases[phase])),
      unit: 'ms',
    })),
  ];
}

function timeOf(event: EventJson | undefined): number | undefined {
  return event === undefined ? undefined : Date.parse(event.at);
}

function phasesOf(events: readonly EventJson[], savedAt: number, answeredAt: number): Saved['phases'] {
  const durationOf = (phase: Phase): number =>
    events.reduce(
      (sum, event) => sum + (event.kind === 'step-done' && event.step === phase ? event.durationMs : 0),
      0,
    );
  const planned = timeOf(events.find((event) => event.kind === 'run-started')) ?? savedAt;
  const switched = timeOf(events.findLast((event) => event.kind === 'step-done')) ?? answeredAt;
  return {
    'watch and plan': planned - savedAt,
    'build-image': durationOf('build-image'),
    'start-instance': durationOf('start-instance'),
    'await-healthy': durationOf('await-healthy'),
    'run-tests': durationOf('run-tests'),
    commit: durationOf('commit'),
    'switch-route': durationOf('switch-route'),
    'seen by a caller': Math.max(0, answeredAt - switched),
  };
}

async function servingUrl(serving: Command): Promise<string> {
  return await until(
    'serve to be up',
    () => {
      const line = serving.lines.find((item) => item['kind'] === 'serving');
      return typeof line?.['url'] === 'string' ? line['url'] : undefined;
    },
    120_000,
  );
}

/** Milliseconds since 1970 of the first answer with that text. */
async function answered(url: string, text: string): Promise<number> {
  const deadline = Date.now() + ANSWERED_WITHIN_MS;
  while (Date.now() < deadline) {
    if ((await http(url)).text === text) return Date.now();
    await delay(POLL_MS);
  }
  throw new Error(`${url} does not answer ${text}`);
}

function pythonAnswering(text: string): string {
  return `def handler(event, context):\n    return ${JSON.stringify(text)}\n`;
}
