import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { setTimeout as delay } from 'node:timers/promises';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** The daemon is killed after this many lines of `apply --json`, or this many milliseconds into it. */
const POINTS = [
  ...[1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13].map((lines) => ({ lines })),
  ...[0, 150, 500, 1000, 1600].map((ms) => ({ ms })),
];

describe('a daemon that is killed in the middle of a rollout', () => {
  let project: TestProject;
  let version = 1;

  const write = (): void => {
    project.python('a', `def handler(event, context): return "a${version}"\n`);
    project.node('b', `export default () => "b${version}";\n`);
  };

  beforeAll(async () => {
    project = new TestProject({ routes: { '/a': 'a', '/b': 'b' } });
    write();
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test.each(POINTS)('converges after %o', { timeout: 120_000 }, async (point) => {
    const old = [`a${version}`, `b${version}`];
    version += 1;
    write();
    const command = project.start(['apply', '--json']);
    let isOver = false;
    const over = command.ended.then(() => (isOver = true));
    if ('lines' in point) await until('the line', () => isOver || command.lines.length >= point.lines);
    else await delay(point.ms);
    const pid = project.daemonPid;
    if (pid !== undefined) project.killDaemon();
    await over;

    // Either the old or the new release of each, whole: the state that was committed.
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    await project.whenSettled(['a', 'b']);
    const url = await until('the router serves', async () => {
      const { router, functions } = await project.status();
      return router.state === 'serving' && functions.every((row) => row.state === 'running') && router.listen;
    });
    project.url = url;
    expect([old[0], `a${version}`]).toContain((await project.call('/a')).text);
    expect([old[1], `b${version}`]).toContain((await project.call('/b')).text);

    await project.deploy();
    expect((await project.call('/a')).text).toBe(`a${version}`);
    expect((await project.call('/b')).text).toBe(`b${version}`);
    await project.whenSettled(['a', 'b']);
    await expectNothingLeaked();
  });

  async function expectNothingLeaked(): Promise<void> {
    const filters = { label: [`faaso.root=${project.root}`] };
    const containers = await docker.listContainers({ all: true, filters });
    expect(new Set(containers.map((item) => item.Labels['faaso.port'])).size).toBe(2);
    expect(await docker.listNetworks({ filters })).toHaveLength(1);
    const images = await docker.listImages({ filters });
    // Three releases of each function are kept; one more was built and never committed.
    expect(images.length).toBeLessThanOrEqual(8);
  }
});
