import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** Logs its start, and every call's path. */
const talking = (version: number): string => `import sys

print("started v${version}", flush=True)

def handler(event, context):
    print("out", context.path, flush=True)
    print("err", context.path, file=sys.stderr, flush=True)
    return "v${version}"
`;

describe('logs', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/one': 'one', '/three': 'three' } });
    project.python('one', talking(1));
    project.node('three', 'console.log("three started");\nexport default () => "three";\n');
    await project.deploy();
  });
  afterAll(() => project.dispose());

  const lines = (text: string): string[] => text.split('\n').slice(0, -1);

  test('of several functions have a prefix, of one they have none', async () => {
    await project.call('/one/first');
    const all = await until('the lines are there', async () => {
      const { stdout } = await project.faaso('logs');
      return stdout.includes('err /first') && stdout;
    });
    expect(lines(all)).toContain('one   | started v1');
    expect(lines(all)).toContain('one   | out /first');
    expect(lines(all)).toContain('one   | err /first');
    expect(lines(all)).toContain('three | three started');
    const one = lines((await project.faaso('logs', 'one')).stdout);
    expect(one).toContain('started v1');
    expect(one.some((line) => line.includes('three'))).toBe(false);
  });

  test('--tail begins with the last lines, --since with the later ones', async () => {
    await project.call('/one/last');
    await until('the line is there', async () =>
      (await project.faaso('logs', 'one')).stdout.includes('out /last'),
    );
    const tail = lines((await project.faaso('logs', 'one', '--tail', '2')).stdout);
    expect(tail.toSorted()).toEqual(['err /last', 'out /last']);
    expect((await project.faaso('logs', 'one', '--tail', '0')).stdout).toBe('');
    const now = new Date().toISOString();
    await project.call('/one/later');
    const since = await until('the later line is there', async () => {
      const { stdout } = await project.faaso('logs', 'one', '--since', now);
      return stdout.includes('err /later') && stdout;
    });
    expect(lines(since).toSorted()).toEqual(['err /later', 'out /later']);
    expect((await project.faaso('logs', 'one', '--since', '1h')).stdout).toContain('started v1');
    const json = (await project.faaso('logs', 'one', '--tail', '1', '--json')).stdout;
    expect(JSON.parse(json)).toMatchObject({
      function: 'one',
      release: 1,
      text: expect.stringMatching(/\/later$/),
    });
  });

  test('-f goes on over a redeploy and a restart, and shows nothing twice', async () => {
    const follow = project.start(['logs', '-f', 'one', '--tail', '1']);
    await follow.shows(/\/later\n/);
    await project.call('/one/followed');
    await follow.shows(/out \/followed\n/);
    project.python('one', talking(2));
    await project.deploy();
    await follow.shows(/started v2\n/);
    await project.call('/one/new');
    await follow.shows(/out \/new\n/);
    await docker
      .getContainer(
        (await project.whenSettled(['one', 'three'])).find((item) => item.function === 'one')?.id ?? '',
      )
      .kill();
    await follow.shows(/started v2\n[^]*started v2\n/);
    await project.whenAnswers('/one', 'v2');
    await project.call('/one/again');
    await follow.shows(/err \/again\n/);
    const { code, stdout } = await follow.interrupt();
    expect(code).toBe(0);
    const counts = ['out /followed', 'started v2', 'out /new', 'out /again'].map(
      (text) => lines(stdout).filter((line) => line === text).length,
    );
    expect(counts).toEqual([1, 2, 1, 1]);
  });

  test('of a name that nobody has are refused with those there are', async () => {
    const { code, stderr } = await project.faaso('logs', 'thre');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no function is named "thre"/);
    expect(stderr).toMatch(/one, three/);
  });
});
