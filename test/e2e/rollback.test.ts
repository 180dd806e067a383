import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLoad } from '../support/load.ts';
import { TestProject, testProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const answering = (text: string): string => `def handler(event, context):\n    return "${text}"\n`;

describe('restart and rollback', () => {
  let project: TestProject;
  const isRight = (text: string): boolean => /^(?:good|bad|third)$/.test(text);

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f', '/g': 'g' } });
    project.python('f', answering('good'));
    project.python('g', answering('g'));
    await project.deploy();
  }, 90_000);
  afterAll(() => project.dispose());

  test('a restart under load loses no request', { timeout: 90_000 }, async () => {
    const before = await project.container('f');
    const load = startLoad({ url: `${project.url}/f`, rate: 100, isRight });
    const { code, stdout } = await project.faaso('restart', 'f');
    await project.whenSettled(['f', 'g']);
    const { lost, answered } = await load.stop();
    expect([code, lost]).toEqual([0, []]);
    expect(stdout).toContain('1 function restarted');
    expect(answered.length).toBeGreaterThan(50);
    expect((await project.container('f')).id).not.toBe(before.id);
    expect(await project.row('f')).toMatchObject({ release: 1, state: 'running', changed: [] });
  });

  test(
    'a bad deploy is taken back under load, in no time and without a build',
    { timeout: 90_000 },
    async () => {
      project.python('f', answering('bad'));
      await project.deploy();
      const load = startLoad({ url: `${project.url}/f`, rate: 100, isRight });
      const { code, stdout, durationMs } = await project.faaso('rollback', 'f', '--json');
      const { lost } = await load.stop();
      expect([code, lost]).toEqual([0, []]);
      expect((await project.call('/f')).text).toBe('good');
      expect(stdout).not.toContain('build-image');
      expect(durationMs).toBeLessThan(15_000);
      expect((await project.faaso('releases', 'f')).stdout).toMatch(/^3 \(current\) .* back to release 1$/m);
    },
  );

  test('an apply, of all or by name, keeps to it and says so', { timeout: 90_000 }, async () => {
    const held = 'f: held at release 1 (rolled back); it follows the files again when they change';
    for (const names of [[], ['f']]) {
      const { code, stdout } = await project.faaso('apply', ...names);
      expect([code, stdout]).toEqual([0, expect.stringContaining(held)]);
    }
    project.python('g', answering('g2'));
    await project.deploy();
    expect([(await project.call('/f')).text, (await project.call('/g')).text]).toEqual(['good', 'g2']);
    expect((await project.faaso('plan')).stdout).toContain('held at release 1 (rolled back)');
    expect((await project.faaso('plan', '--exit-code')).code).toBe(0);
    expect(await project.row('f')).toMatchObject({ pinned: 1, changed: [] });
  });

  test('it outlives the daemon, its state and a watcher', { timeout: 120_000 }, async () => {
    await project.faaso('daemon', 'restart');
    await project.deploy();
    expect((await project.call('/f')).text).toBe('good');

    project.killDaemon();
    await project.deploy();
    expect((await project.call('/f')).text).toBe('good');

    await project.whenSettled(['f', 'g']);
    const { id } = await project.container('f');
    project.killDaemon();
    rmSync(join(project.root, '.faaso/state'), { recursive: true, force: true });
    await project.deploy();
    expect((await project.call('/f')).text).toBe('good');
    expect((await project.container('f')).id).toBe(id);
    expect(await project.row('f')).toMatchObject({ pinned: 1 });

    const serve = project.start(['serve', '--watch']);
    await serve.shows(/Ctrl-C/);
    project.python('g', answering('g3'));
    await serve.shows(/^.*g +healthy/m);
    project.url = /http:\/\/[\d.:]+/.exec(serve.stdout)?.[0] ?? '';
    await project.whenAnswers('/g', 'g3');
    expect((await project.call('/f')).text).toBe('good');

    // Its own file ends it.
    project.python('f', answering('third'));
    await project.whenAnswers('/f', 'third');
    await serve.interrupt();
    await project.deploy();
    await until('no pin', async () => (await project.row('f')).pinned === null);
    expect((await project.call('/f')).text).toBe('third');
  });

  test('what cannot be gone back to is said with what can', { timeout: 60_000 }, async () => {
    const { code, stderr } = await project.faaso('rollback', 'f', '99');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/f keeps no release 99\n {2}hint: .*faaso releases f/),
    ]);
    expect((await project.faaso('rollback', 'ff')).stderr).toContain('did you mean "f"?');
    expect((await project.faaso('restart', 'nope')).code).toBe(2);
  });

  test(
    'where nothing was ever applied nothing is done, and no daemon stays',
    { timeout: 60_000 },
    async () => {
      const bare = testProject({ routes: { '/f': 'f' } });
      bare.python('f', answering('good'));
      expect(await bare.faaso('restart')).toMatchObject({
        code: 0,
        stdout: 'Nothing to do: no function is applied.\n',
      });
      for (const verb of ['restart', 'rollback', 'releases']) {
        const { code, stderr } = await bare.faaso(verb, 'f');
        expect([code, stderr]).toEqual([2, expect.stringContaining('nothing is applied yet: faaso apply')]);
      }
      expect(bare.daemonPid).toBeUndefined();
    },
  );

  test(
    'without a daemon one is started, unless there is nothing to do for it',
    { timeout: 60_000 },
    async () => {
      await project.faaso('daemon', 'stop');
      expect((await project.faaso('restart', 'nope')).code).toBe(2);
      expect((await project.faaso('rollback', 'f', '99')).code).toBe(2);
      expect(project.daemonPid).toBeUndefined();
      expect((await project.faaso('restart', 'f')).code).toBe(0);
      expect(project.daemonPid).toBeDefined();
      expect((await project.call('/f')).text).toBe('third');
    },
  );
});
