import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { appliedOf } from '../support/project-apply.ts';
import { TestProject } from '../support/project.ts';
import type { ContainerState } from '../support/project-containers.ts';
import { isAlive } from '../support/project-processes.ts';
import { until } from '../support/until.ts';

const answering = (text: string): string => `def handler(event, context): return "${text}"\n`;
const SLOW_TO_START = 'import time\ntime.sleep(5)\n';

describe('one project, one writer', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f' } });
    project.python('f', answering('1'));
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test('of two applies at once the second waits, says for whom, and finds what the first did', async () => {
    project.python('f', SLOW_TO_START + answering('2'));
    const first = project.start(['apply', '--json']);
    await until('the first is at work', () => first.lines.some((line) => line['kind'] === 'step-started'));
    const second = project.start(['apply']);
    await second.shows(new RegExp(`Waiting for pid ${first.pid}, which began`));
    const third = await project.start(['apply']).shows(/Waiting for pid/);
    const cancelled = await third.interrupt();
    expect(cancelled.code).toBe(130);
    expect(cancelled.stderr).toMatch(/cancelled before it began; nothing was changed/);
    expect(first.child.exitCode).toBeNull();
    expect((await appliedOf(first)).answer).toMatchObject({ changed: ['f'] });
    expect(await second.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/Nothing to change/) });
    expect((await project.call('/f')).text).toBe('2');
    await project.whenSettled(['f']);
  });

  test('a serve takes over from the daemon in the background, which then is gone', async () => {
    const before = await project.containers();
    const daemon = project.daemonPid ?? 0;
    const router = project.routerPid;
    const serve = await project.start(['serve']).shows(/Serving on http/);
    expect(serve.output).toMatch(`takes over from the daemon in the background (pid ${daemon})`);
    expect(isAlive(daemon)).toBe(false);
    expect(project.daemonPid).toBe(serve.pid);
    expect(project.routerPid).toBe(router);
    expect(await project.containers()).toEqual(before);

    const second = await project.faaso('serve');
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(
      new RegExp(`another faaso \\(pid ${serve.pid}, user \\d+\\) serves this project already`),
    );
    expect((await project.faaso('daemon', 'status')).stdout).toMatch(
      new RegExp(`running in the foreground, pid ${serve.pid}`),
    );

    project.python('f', answering('3'));
    await project.deploy();
    expect(serve.pid).toBe(project.daemonPid);
    expect((await project.call('/f')).text).toBe('3');
    const running = await project.whenSettled(['f']);

    const ended = await serve.interrupt();
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Stopped\. The functions keep running\./),
    });
    expect(project.routerPid).toBeUndefined();
    await expect(project.call('/f')).rejects.toThrow('ECONNREFUSED');
    expect(await project.containers()).toEqual(running);
    expect((await project.status()).control.state).toBe('stopped');
    await project.deploy();
    expect(await project.containers()).toEqual(running);
  });

  test('the daemon can be looked at, stopped and restarted while requests are answered', async () => {
    const before = await project.containers();
    const pid = project.daemonPid ?? 0;
    expect(JSON.parse((await project.faaso('daemon', 'status', '--json')).stdout)).toMatchObject({
      running: true,
      pid,
      mode: 'background',
      watching: false,
    });
    const restarted = await project.faaso('daemon', 'restart');
    expect(restarted).toMatchObject({ code: 0, stderr: '' });
    expect(restarted.stdout).toMatch(`The daemon runs, pid ${project.daemonPid ?? 0}.`);
    expect(project.daemonPid).not.toBe(pid);
    expect((await project.call('/f')).text).toBe('3');

    expect((await project.faaso('daemon', 'stop')).stdout).toMatch('The daemon has stopped.');
    expect(project.daemonPid).toBeUndefined();
    expect((await project.call('/f')).text).toBe('3');
    expect((await project.faaso('daemon', 'stop')).stdout).toBe('No daemon ran.\n');
    expect((await project.faaso('daemon', 'status')).stdout).toMatch(/^No daemon runs for this project/);
    await project.deploy();
    expect(await project.containers()).toEqual(before);
  });

  test('Ctrl-C while an image is built changes nothing', async () => {
    const before = await project.containers();
    // Retries for many seconds: nothing listens there.
    project.write('functions/f/requirements.txt', '--index-url http://127.0.0.1:9/simple\nnothing\n');
    const apply = project.start(['apply', '--json']);
    await until('the build runs', () => apply.lines.some((line) => line['kind'] === 'build-log'));
    const { code } = await apply.interrupt();
    project.write('functions/f/requirements.txt', '');
    expect(code).toBe(130);
    await expectUndone(appliedOf(apply), 'build-image', before);
  });

  test('Ctrl-C while a new instance starts removes it again', async () => {
    const before = await project.containers();
    project.python('f', `import time\ntime.sleep(60)\n${answering('never')}`);
    const apply = project.start(['apply']);
    await until('the candidate is there', async () => (await project.containers()).length === 2);
    const { code, stderr } = await apply.interrupt();
    expect(code).toBe(130);
    expect(stderr).toMatch(/Cancelling; Ctrl-C again ends at once\./);
    expect(stderr).toMatch(/^f +cancelled in await-healthy after/m);
    expect(stderr).toMatch(/Cancelled\. Undone: f\./);
    expect(await project.containers()).toEqual(before);
    expect((await project.call('/f')).text).toBe('3');

    project.python('f', answering('4'));
    await project.deploy();
    expect((await project.call('/f')).text).toBe('4');
    await project.whenSettled(['f']);
  });

  test('an apply whose process is killed is cancelled like one that was interrupted', async () => {
    const before = await project.containers();
    project.python('f', `import time\ntime.sleep(60)\n${answering('never')}`);
    const apply = project.start(['apply']);
    await until('the candidate is there', async () => (await project.containers()).length === 2);
    await apply.kill();
    await until('the candidate is gone', async () => (await project.containers()).length === 1);
    expect(await project.containers()).toEqual(before);
    project.python('f', answering('5'));
    await project.deploy();
    expect((await project.call('/f')).text).toBe('5');
  });

  async function expectUndone(
    run: ReturnType<typeof appliedOf>,
    step: string,
    before: readonly ContainerState[],
  ): Promise<void> {
    const { answer, outcomes } = await run;
    expect(answer).toMatchObject({ interrupted: true, changed: [], failed: ['f'] });
    expect(outcomes['f']).toMatchObject({ kind: 'failed', step, error: { code: 'interrupted' } });
    expect(await project.containers()).toEqual(before);
    expect((await project.call('/f')).text).toBe('3');
  }
});

test('an apply beside a serve that watches goes through it, and both end with the same', async () => {
  const project = new TestProject({ routes: { '/f': 'f' } });
  try {
    project.python('f', answering('1'));
    const serve = await project.start(['serve', '--watch']).shows(/Serving on http/);
    project.url = (await project.status()).router.listen;
    project.python('f', SLOW_TO_START + answering('2'));
    const applied = await project.apply();
    expect(applied.code).toBe(0);
    expect((await project.call('/f')).text).toBe('2');
    expect(applied.answer?.daemonStarted).toBeNull();
    expect(project.daemonPid).toBe(serve.pid);
    await project.whenSettled(['f']);
    expect((await serve.interrupt()).code).toBe(0);
  } finally {
    await project.dispose();
  }
});
