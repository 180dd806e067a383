import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLoad } from '../support/load.ts';
import { TestProject } from '../support/project.ts';
import type { ContainerState } from '../support/project-containers.ts';

const GOOD = 'def handler(event, context): return "good"\n';

describe('a deploy that fails leaves the earlier release serving', () => {
  let project: TestProject;
  let before: readonly ContainerState[];

  beforeAll(async () => {
    project = new TestProject({ routes: { '/sum': 'sum', '/other': 'other' } });
    project.python('sum', GOOD);
    project.python('other', 'def handler(event, context): return "other"\n');
    await project.deploy();
    before = await project.containers();
  });
  afterAll(() => project.dispose());

  /** Calls the function all the time while something fails, and then looks whether anything was touched. */
  const whileServing = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const load = startLoad({ url: `${project.url}/sum`, rate: 100, isRight: (text) => text === 'good' });
    const result = await work();
    const { lost, answered } = await load.stop();
    expect(lost).toEqual([]);
    expect(answered.length).toBeGreaterThan(0);
    expect(await project.containers()).toEqual(before);
    expect(await project.row('sum')).toMatchObject({ state: 'running', release: 1, restarts: 0 });
    return result;
  };

  test('when its dependencies cannot be installed', async () => {
    project.write('functions/sum/requirements.txt', 'this is no requirement\n');
    const { code, stderr } = await whileServing(() => project.faaso('apply'));
    project.write('functions/sum/requirements.txt', '');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^sum +FAILED in build-image after /m);
    expect(stderr).toMatch(/Invalid requirement/);
    expect(stderr).toMatch(/Release 1 \([0-9a-f]{8}\) goes on serving \/sum\./);
    expect(stderr).toMatch(/1 of 2 functions failed\./);
  });

  test('when its process ends at once, long before the deploy times out', async () => {
    project.python('sum', 'import os, sys\nprint("no luck today", flush=True)\nos._exit(3)\n');
    const applied = await whileServing(() => project.apply());
    expect(applied.code).toBe(3);
    expect(applied.outcomes['sum']).toMatchObject({
      kind: 'failed',
      step: 'await-healthy',
      error: { code: 'instance-exited', message: 'the process exited with code 3' },
      serving: { release: 1, paths: ['/sum'] },
    });
    expect(JSON.stringify(applied.outcomes['sum'])).toContain('no luck today');
    const took = applied.events.find((event) => event.kind === 'function-done' && event.function === 'sum');
    expect(took?.kind === 'function-done' && took.durationMs).toBeLessThan(9000);
    const row = await project.row('sum');
    expect(row.changed).not.toEqual([]);
    expect(row.failedApply).toMatchObject({
      step: 'await-healthy',
      message: 'the process exited with code 3',
    });
    // Neither the end of the daemon nor the success of another function makes it untrue.
    await project.faaso('daemon', 'restart');
    await project.faaso('apply', 'other');
    expect(await project.row('sum')).toMatchObject({ failedApply: row.failedApply, lastRestart: null });
    const { stdout } = await project.faaso('status');
    expect(stdout).toMatch(/apply failed \d+ [sm] ago in await-healthy: the process exited with code 3/);
    expect(stdout).toContain('To try again what failed: faaso apply sum');
  });

  test('when it does not compile', async () => {
    project.python('sum', 'def handler(event, context:\n  return 1\n');
    const { code, stderr } = await whileServing(() => project.faaso('apply'));
    expect(code).toBe(3);
    expect(stderr).toMatch(/^sum +FAILED in await-healthy after .*: the process exited with code \d+/m);
    expect(stderr).toMatch(/File "\/app\/handler\.py", line 1/);
    expect(stderr).toMatch(/SyntaxError/);
    expect(stderr).toMatch(/hint: it ended before it was ready; the lines above are the last/);
  });

  test('when its own test fails', async () => {
    const expected = { request: { path: '/' }, expect: { body: 'better' } };
    project.python('sum', GOOD.replace('good', 'worse'), { test: [{ name: 'is better', ...expected }] });
    const { code, stderr } = await whileServing(() => project.faaso('apply'));
    expect(code).toBe(3);
    expect(stderr).toMatch(/^sum +FAILED in run-tests after .*: 1 of 1 tests failed/m);
    expect(stderr).toMatch(/is better: GET \/\n +body: expected "better", got "worse"/);
  });

  test('when it is never healthy', { timeout: 90_000 }, async () => {
    const server = 'http.server.HTTPServer(("", 8080), http.server.SimpleHTTPRequestHandler)';
    project.python('sum', `import http.server\nprint("warming up", flush=True)\n${server}.serve_forever()\n`);
    const { code, stderr, durationMs } = await whileServing(() => project.faaso('apply'));
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^sum +FAILED in await-healthy after .*: not healthy after 3\d s; GET \/_faaso\/health: /m,
    );
    expect(stderr).toMatch(/warming up/);
    expect(stderr).toMatch(/hint: it listens on 8080: listen on \$PORT \(3000\)/);
    expect(stderr).toMatch(/^sum +still waiting until it is healthy after 10 s: GET \/_faaso\/health: /m);
    expect(durationMs).toBeGreaterThan(30_000);
  });

  test('and the others of the same apply go live', async () => {
    project.python('sum', 'import nmpy\n');
    project.python('other', 'def handler(event, context): return "other 2"\n');
    const sum = await project.container('sum');
    const load = startLoad({ url: `${project.url}/sum`, rate: 100, isRight: (text) => text === 'good' });
    const applied = await project.apply();
    expect(applied.code).toBe(3);
    expect(applied.answer).toMatchObject({ failed: ['sum'], changed: ['other'] });
    expect(applied.outcomes['sum']).toMatchObject({
      error: { hint: expect.stringMatching(/^nmpy is not in the image: .* requirements\.txt/) },
    });
    expect((await project.call('/other')).text).toBe('other 2');
    expect(await project.whenSettled(['other', 'sum'])).toContainEqual(sum);
    expect(await load.stop()).toMatchObject({ lost: [] });
  });
});

test('a function whose first deploy fails is not routed, and says that nothing serves it', async () => {
  const project = new TestProject({ routes: { '/new': 'new', '/well': 'well' } });
  try {
    project.node('new', 'import "left-pad";\n');
    project.node('well', 'export default () => "well";\n');
    const { code, stdout, stderr } = await project.faaso('apply');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^new +FAILED in await-healthy/m);
    expect(stderr).toMatch(/Cannot find package 'left-pad'/);
    expect(stderr).toMatch(/hint: left-pad is not in the image: .* package\.json/);
    expect(stderr).toMatch(/No earlier release serves it\./);
    expect(stdout).toMatch(/^well +healthy, now at \/well/m);
    project.url = (await project.status()).router.listen;
    expect((await project.call('/new')).status).toBe(404);
    expect((await project.call('/well')).text).toBe('well');
    expect(await project.row('new')).toMatchObject({
      state: 'stopped',
      reason: 'not applied yet',
      failedApply: { step: 'await-healthy' },
    });
    expect(await project.row('well')).toMatchObject({ failedApply: null });
    // What cannot be packed is named, and the others are planned all the same.
    const link = join(project.root, 'functions/new/out');
    symlinkSync('/etc/passwd', link);
    const planned = await project.faaso('plan');
    rmSync(link);
    expect(planned.code).toBe(3);
    expect(planned.stderr).toMatch(/^error: new: functions\/new\/out is a link/m);
    expect(planned.stdout).toMatch(/^well +- +up to date/m);
    project.node('new', 'export default () => "mended";\n');
    expect((await project.deploy()).answer).toMatchObject({ changed: ['new'], unchanged: ['well'] });
    expect(await project.row('new')).toMatchObject({ state: 'running', failedApply: null });
    expect((await project.call('/new')).text).toBe('mended');
  } finally {
    await project.dispose();
  }
});
