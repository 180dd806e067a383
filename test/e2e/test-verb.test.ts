import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { TestAnswer } from '../../src/control/api.ts';
import { faasoInShell } from '../support/built-cli.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject, testProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const SUM = 'def handler(event, context):\n    return {"sum": event["a"] + event["b"]}\n';
const adds = (sum: number): Readonly<Record<string, unknown>> => ({
  name: `adds to ${sum}`,
  request: { json: { a: 1, b: 2 } },
  expect: { json: { sum } },
});

const answerOf = (stdout: string): TestAnswer =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as TestAnswer;

async function leftOf(project: TestProject): Promise<number> {
  const filters = { label: [`faaso.project=${project.name}`] };
  const [containers, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
  ]);
  return containers.length + networks.length;
}

describe('test', () => {
  test('works before the first apply, tells of each test, and leaves nothing', async () => {
    const project = testProject({ functions: { sum: {}, plain: {} } });
    project.python('sum', SUM, { test: [adds(3), { ...adds(3), name: 'adds again' }] });
    project.node('plain', 'export default () => 1;\n');
    const { code, stdout, stderr } = await project.faaso('test');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^sum {8}built [0-9a-f]{8} \(python\) +\d.* s$/m);
    expect(stdout).toMatch(/^sum {8}ok {6}adds to 3 +\d+ ms$/m);
    expect(stdout).toMatch(/^plain {6}has no tests\n\n2 tests passed\.\n$/m);
    expect(await leftOf(project)).toBe(0);
    expect(project.daemonPid).toBeUndefined();
    expect((await project.status()).functions[0]).toMatchObject({ release: 0, reason: 'not applied yet' });
  });

  test('shows what differs, with the log, and ends with 3', async () => {
    const project = testProject({ functions: { sum: {}, other: {} } });
    const log = 'import sys\nprint("noted", file=sys.stderr, flush=True)\n';
    project.python('sum', log + SUM, { test: [adds(3), adds(4)] });
    project.python('other', SUM, { test: [adds(3)] });
    const { code, stdout, stderr } = await project.faaso('test');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^other {6}ok {6}adds to 3 /m);
    expect(stdout).toMatch(/^sum {8}ok {6}adds to 3 /m);
    expect(stderr).toMatch(
      /^sum {8}FAILED {2}adds to 4 +\d+ ms\n {19}POST \/\n {19}\.sum: expected 4, got 3\n\nThe last of the log of sum:\n {2}noted\n[^]*1 of 3 tests failed\.\n$/,
    );
    const json = await project.faaso('test', 'sum', '--json');
    expect(json).toMatchObject({ code: 3, stderr: '' });
    expect(answerOf(json.stdout)).toMatchObject({
      kind: 'result',
      interrupted: false,
      functions: [
        {
          name: 'sum',
          error: null,
          tests: [
            { name: 'adds to 3', passed: true, problems: [], durationMs: expect.any(Number) },
            { name: 'adds to 4', passed: false, problems: ['.sum: expected 4, got 3'] },
          ],
        },
      ],
    });
    expect(await leftOf(project)).toBe(0);
  });

  test('says how to write a test where there is none, without an engine', async () => {
    const project = testProject({ functions: { sum: {} } });
    project.python('sum', SUM);
    const command = project.start(['test'], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^sum {8}has no tests\n[^]*functions\/sum\/metadata\.yml:\n {2}test:/);
    const typo = await project.faaso('test', 'sun');
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain('did you mean "sum"?');
  });

  test('tells of what cannot be built, started or kept running, and tests the others', async () => {
    const project = testProject({ functions: { bad: {}, closed: { secrets: ['NOPE'] }, ends: {}, sum: {} } });
    for (const name of ['bad', 'closed', 'sum']) project.python(name, SUM, { test: [adds(3)] });
    symlinkSync('/etc/hostname', join(project.root, 'functions/bad/out'));
    project.python('ends', 'raise SystemExit(3)\n', { test: [adds(3)] });
    const { code, stdout, stderr } = await project.faaso('test');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^sum {8}ok {6}adds to 3 /m);
    expect(stderr).toMatch(/^bad {8}FAILED in build-image after .*out/m);
    expect(stderr).toMatch(/^closed {5}FAILED in start-instance after .*NOPE/m);
    expect(stderr).toMatch(/^ends {7}FAILED in await-healthy after .*: the process exited with code \d/m);
    expect(stderr).toMatch(/bad, closed and ends could not be tested\.\n$/);
    expect(await leftOf(project)).toBe(0);
  });

  test('ends cleanly on Ctrl-C and SIGTERM, and removes what a killed one left', async () => {
    const project = testProject({ functions: { slow: {} } });
    const slow = 'import time\n\ndef handler(event, context):\n    time.sleep(60)\n';
    project.python('slow', slow, { test: [{ ...adds(3), timeout: '50s' }] });
    const testing = async (): Promise<ReturnType<TestProject['start']>> => {
      const command = project.start(['test', '--json']);
      await command.shows(/"step":"run-tests"/);
      return command;
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const command = await testing();
      command.child.kill(signal);
      const { code, stdout } = await command.ended;
      expect(code).toBe(130);
      expect(answerOf(stdout)).toMatchObject({ interrupted: true });
      expect(await leftOf(project)).toBe(0);
    }
    const killed = await testing();
    await killed.kill();
    expect(await leftOf(project)).toBe(2);
    const again = await testing();
    const waiting = project.start(['test']);
    await waiting.shows(/waiting for another faaso test \(pid \d+\)/);
    expect((await project.containers()).length).toBe(1);
    expect(await again.interrupt()).toMatchObject({ code: 130 });
    expect(await waiting.interrupt()).toMatchObject({ code: 130 });
    expect(await leftOf(project)).toBe(0);
  });
});

describe('test beside a daemon', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({
      routes: { '/keep': 'keep' },
      functions: { keep: { volumes: { data: '/data' } } },
    });
    project.python('keep', keep(1), { test: [writes] });
    await project.deploy();
  });
  afterAll(() => project.dispose());

  const keep = (version: number): string => `import os

def handler(event, context):
    with open("/data/notes", "a") as notes:
        notes.write("x")
    return {"version": ${version}, "size": os.path.getsize("/data/notes")}
`;
  const writes = { name: 'writes', request: { path: '/' }, expect: { json: { version: 1, size: 1 } } };

  test('touches neither what serves nor its data, and the daemon lets it be', async () => {
    const size = async (): Promise<number> =>
      (JSON.parse((await project.call('/keep')).text) as { size: number }).size;
    const before = await project.container('keep');
    const first = await size();
    const release = (await project.row('keep')).release;
    let most = 0;
    const runs = Promise.all([project.faaso('test', 'keep'), project.faaso('test', 'keep')]);
    let over = false;
    const results = runs.finally(() => (over = true));
    await until(
      'both are done',
      async () => {
        most = Math.max(most, (await project.containers()).length);
        return over;
      },
      60_000,
    );
    for (const result of await results) expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(most).toBe(2);
    expect(await size()).toBe(first + 1);
    expect(await project.container('keep')).toEqual(before);
    expect(await project.row('keep')).toMatchObject({ state: 'running', restarts: 0, release, changed: [] });
  });

  test('tests the files as they are now, which serve nobody', async () => {
    project.python('keep', keep(2), { test: [writes] });
    const { code, stderr } = await project.faaso('test', 'keep');
    expect(code).toBe(3);
    expect(stderr).toContain('.version: expected 1, got 2');
    expect((await project.call('/keep')).text).toContain('"version":1');
    const piped = await faasoInShell('faaso test keep 2>&1 | head -n 1', { cwd: project.root });
    expect(piped.stdout.split('\n')).toHaveLength(2);
    await project.whenSettled(['keep']);
  });
});
