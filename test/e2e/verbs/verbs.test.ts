import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { VERBS } from '../../../src/cli/verbs.ts';
import type { Ended } from '../../support/built-cli.ts';
import type { TestProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';
import { addEndless, deployedProject, use, writtenProject } from './bench.ts';
import type { Way } from './bench.ts';
import { ROWS } from './rows.ts';
import type { Row } from './rows.ts';
import { strictSchema } from './strict-schemas.ts';

// oxlint-disable-next-line no-control-regex -- control codes are what it looks for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;
/** What a defect looks like on a screen. */
const TRACE = /EPIPE|UnhandledPromise|\n +at .*:\d+:\d+|this is a defect/;
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
/** Far below any patience with an engine that hangs; the goal of 2 s holds on a machine that does nothing else. */
const NO_ENGINE_MS = 15_000;

let empty = '';
let read: TestProject;
let changed: TestProject;

beforeAll(async () => {
  empty = mkdtempSync(join(tmpdir(), 'faaso-verbs-'));
  [read, changed] = await Promise.all([deployedProject(), deployedProject()]);
}, 180_000);

afterAll(async () => {
  await Promise.all([read, changed].map((project) => project.dispose()));
  rmSync(empty, { recursive: true, force: true });
}, 120_000);

test('every verb has its row', () => {
  expect([...new Set(ROWS.map((row) => row.verb))].toSorted(byName)).toEqual(
    VERBS.map((verb) => verb.name).toSorted(byName),
  );
});

const reads = ROWS.filter((row) => row.changes === undefined);
const changes = ROWS.filter((row) => row.changes === true);

describe.concurrent('a verb that only looks', () => {
  test.each(reads)(
    '$verb',
    async (row) => {
      expect.hasAssertions();
      await everyWay(row, read);
    },
    60_000,
  );
});

describe('a verb that changes the project', () => {
  test.each(changes)(
    '$verb',
    async (row) => {
      expect.hasAssertions();
      await everyWay(row, changed);
    },
    60_000,
  );
});

describe.concurrent('without an engine', () => {
  test.each(ROWS.filter((row) => row.serves === undefined))(
    '$verb',
    async (row) => {
      const bare = writtenProject();
      try {
        const began = performance.now();
        const text = await use(row, [], bare.root, 'pipe', NO_ENGINE);
        expect(text).toMatchObject({ code: row.noEngine });
        expect(performance.now() - began).toBeLessThan(NO_ENGINE_MS);
        expectTidy(text);
        expect(text.stdout + text.stderr).toMatch(/\S/);
        const data = await use(row, ['--json'], bare.root, 'pipe', NO_ENGINE);
        expect(data).toMatchObject({ code: row.noEngine });
        expectData(row, data);
      } finally {
        await bare.dispose();
      }
    },
    60_000,
  );
});

describe('at Ctrl-C', () => {
  beforeAll(() => [read, changed].forEach(addEndless));

  test.each(ROWS.filter((row) => row.interrupted !== undefined))(
    '$verb',
    async ({
      verb,
      interrupted: { args, shows, code } = { args: [], shows: /./, code: 0 },
      changes: moves,
    }) => {
      const project = moves === true ? changed : read;
      await project.faaso('daemon', 'stop');
      const command = await project.start([...verb.split(' '), ...args]).shows(shows);
      const ended = await command.interrupt();
      expect(ended).toMatchObject({ code });
      expect(ended.stderr).not.toMatch(TRACE);
    },
    90_000,
  );
});

/** Into a pipe, as data, onto a terminal, to a reader that leaves; with words that are wrong; where there is no project. */
async function everyWay(row: Row, project: TestProject): Promise<void> {
  const text = await run(row, project, [], 'pipe');
  const codes = row.codes ?? [0];
  expect(codes).toContain(text.code);
  expect(text.stdout).toMatch(row.says ?? /\S/);
  expectTidy(text);

  const data = await run(row, project, ['--json'], 'pipe');
  expect(codes).toContain(data.code);
  expect(data.stderr).toBe('');
  expectData(row, data);

  const screen = await run(row, project, [], 'terminal');
  expect(codes).toContain(screen.code);
  expect(screen.stdout).toMatch(/\S/);
  expect(screen.stdout.lastIndexOf('\x1b[?25l')).toBeLessThanOrEqual(screen.stdout.lastIndexOf('\x1b[?25h'));

  const head = await run(row, project, [], 'head');
  expect(head.stderr).not.toMatch(TRACE);
  expect(head.stdout.split('\n').length).toBeLessThanOrEqual(2);

  const bad = row.bad ?? { args: ['--nope'], code: 2, says: /unknown option "--nope"/ };
  const misused = { ...row, args: bad.args };
  const [wrong, asData, outside] = await Promise.all([
    use(misused, [], project.root, 'pipe'),
    use(misused, ['--json'], project.root, 'pipe'),
    use(row, [], empty, 'pipe'),
  ]);
  expect(wrong).toMatchObject({ code: bad.code, stdout: '', stderr: expect.stringMatching(bad.says) });
  expect(wrong.stderr).toMatch(/ {2}hint: /);
  expectTidy(wrong);
  expect(asData).toMatchObject({ code: bad.code, stderr: '' });
  expectData(row, asData);

  expect(row.anywhere === true ? codes : [2]).toContain(outside.code);
  expect(outside.stderr).toMatch(row.anywhere === true ? /^/ : /no functions\.yml in .*[^]*hint: /);
}

async function run(row: Row, project: TestProject, extra: readonly string[], way: Way): Promise<Ended> {
  if (row.serves === undefined) return await use(row, extra, project.root, way);
  await project.faaso('daemon', 'stop');
  const ended = use(row, extra, project.root, way);
  await until('it serves', async () => (await project.status()).control.state === 'running');
  await project.faaso('daemon', 'stop');
  return await ended;
}

/** For people and for pipes: no control codes, no trace. */
function expectTidy({ stdout, stderr }: Ended): void {
  expect(stdout + stderr).not.toMatch(CONTROL);
  expect(stdout + stderr).not.toMatch(TRACE);
}

/** Every line is as the verb's schema says; the last one of a failure as that of errors. */
function expectData(row: Row, { code, stdout }: Ended): void {
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThan(0);
  const values =
    row.verb === 'schema' && code === 0
      ? [JSON.parse(stdout) as unknown]
      : lines.map((line) => JSON.parse(line) as unknown);
  const answer = row.verb === 'schema' ? () => true : strictSchema(row.verb);
  const error = strictSchema('error');
  for (const [index, value] of values.entries()) {
    const isLast = index === values.length - 1;
    const fits = (code !== 0 && isLast && error(value)) || answer(value);
    if (!fits)
      throw new Error(
        `${JSON.stringify(value)}\n${JSON.stringify(('errors' in answer ? answer.errors : []) ?? [])}`,
      );
  }
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}
