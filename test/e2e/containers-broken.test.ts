import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** Ends or misbehaves when it is told to. */
const FRAGILE = `import os, threading, time

def handler(event, context):
    if context.path == "/exit":
        threading.Timer(0.1, lambda: os._exit(int(event["code"]))).start()
    if context.path == "/eat":
        threading.Thread(target=eat).start()
    return "fragile"

def eat():
    held = []
    while True:
        held.append(bytearray(8 * 1024 * 1024))
`;

/** Serves until a moment that was set at its deploy, and from then on ends with 7 at each start. */
const doomed = (at: number): string => `import os, threading, time

left = ${at / 1000} - time.time()
if left <= 0:
    print("doomed", flush=True)
    os._exit(7)
threading.Timer(left, lambda: os._exit(7)).start()

def handler(event, context):
    return "not yet"
`;

/** Its back-off takes most of a minute, which passes while the others are tested. */
let looping: TestProject;
let deployed: Promise<unknown> = Promise.resolve();

beforeAll(() => {
  looping = new TestProject({ routes: { '/f': 'f' } });
  looping.python('f', doomed(Date.now() + 12_000));
  deployed = looping.deploy();
  // Whoever awaits it hears of a failure.
  deployed.catch(() => undefined);
});
afterAll(async () => {
  await deployed.catch(() => undefined);
  await looping.dispose();
});

describe('a function whose container breaks comes back', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({
      routes: { '/fragile': 'fragile', '/steady': 'steady' },
      functions: {
        fragile: {
          limits: { memory: '64m', tmp: '8m' },
          health: { interval: '500ms', timeout: '400ms', retries: 3 },
        },
      },
    });
    project.python('fragile', FRAGILE);
    project.python('steady', 'def handler(event, context): return "steady"\n');
    await project.deploy();
  });
  afterAll(() => project.dispose());

  const back = async (): Promise<void> => {
    await project.whenAnswers('/fragile', 'fragile', 30_000);
    await project.whenRow('fragile', 'runs', (row) => row.state === 'running' && row.reason === '');
    await project.whenSettled(['fragile', 'steady']);
  };
  /** What the daemon's log tells of the function since it had `from` entries. */
  const reasons = (from: number): string[] =>
    project
      .daemonLog()
      .slice(from)
      .flatMap((event) =>
        event.kind === 'instance-changed' && event.function === 'fragile'
          ? [`${event.state}: ${event.reason}`]
          : [],
      );

  test.each([
    ['killed', 'the process exited with code 137', (id: string) => docker.getContainer(id).kill()],
    [
      'removed',
      'its container was removed',
      (id: string) => docker.getContainer(id).remove({ force: true, v: true }),
    ],
    ['stopped', 'the process exited with code', (id: string) => docker.getContainer(id).stop({ t: 5 })],
  ])('when it is %s by hand', async (_how, reason, act) => {
    // A slate that nothing was written on: back-off begins anew with a release.
    project.python('fragile', `${FRAGILE}# ${_how}\n`);
    await project.deploy();
    await project.whenSettled(['fragile', 'steady']);
    const from = project.daemonLog().length;
    await act((await project.container('fragile')).id);
    const row = await project.whenRow(
      'fragile',
      'is noticed',
      (item) => item.restarts > 0 || item.state !== 'running',
    );
    expect(row.state === 'running' || row.reason.includes(reason)).toBe(true);
    await back();
    expect(await project.row('fragile')).toMatchObject({
      restarts: 1,
      lastRestart: { at: expect.stringMatching(/^\d{4}-.*Z$/), reason: expect.stringContaining(reason) },
    });
    expect(reasons(from)[0]).toMatch(`restarting: ${reason}`);
  });

  test('when its process ends with 0', async () => {
    const from = project.daemonLog().length;
    await project.call('/fragile/exit?code=0');
    await until('it restarts', () => reasons(from).length > 0);
    expect(reasons(from)[0]).toBe('restarting: the process exited with code 0');
    await back();
  });

  test('when it runs out of memory', async () => {
    const from = project.daemonLog().length;
    await project.call('/fragile/eat');
    await until('it restarts', () => reasons(from).length > 0);
    expect(reasons(from)[0]).toBe('restarting: out of memory (limits.memory)');
    await back();
  });

  test('when it hangs, by its probes', async () => {
    project.python('fragile', `${FRAGILE}# hangs\n`);
    await project.deploy();
    await project.whenSettled(['fragile', 'steady']);
    const from = project.daemonLog().length;
    await docker.getContainer((await project.container('fragile')).id).pause();
    await until('it restarts', () => reasons(from).length > 0, 30_000);
    expect(reasons(from)[0]).toMatch(
      /^restarting: 3 health probes in a row failed: GET \/_faaso\/health: no answer within 0\.4 s/,
    );
    await back();
  });

  test('when its image was removed by hand too: it is built again', async () => {
    const { id } = await project.container('fragile');
    const { Image } = (await docker.getContainer(id).inspect()).Config;
    await docker.getImage(Image).remove({ force: true });
    await docker.getContainer(id).remove({ force: true, v: true });
    await back();
    expect((await docker.getImage(Image).inspect()).RepoTags).toContain(Image);
  });

  test('but not when the files have changed since: it says so, and an apply mends it', async () => {
    const { id } = await project.container('fragile');
    const { Image } = (await docker.getContainer(id).inspect()).Config;
    project.python('fragile', `${FRAGILE}# edited and not applied\n`);
    await docker.getImage(Image).remove({ force: true });
    await docker.getContainer(id).remove({ force: true, v: true });
    const row = await project.whenRow('fragile', 'has failed', (item) => item.state === 'failed');
    expect(row.reason).toMatch(/^the image .* is gone and the files have changed since it was built/);
    expect((await project.call('/fragile')).status).toBe(503);
    await project.deploy();
    await back();
  });

  test('while nobody touches the function beside it', async () => {
    expect(await project.row('steady')).toMatchObject({ state: 'running', restarts: 0, release: 1 });
  });
});

test('a crash loop answers 503, is shown with its cause, and ends at once with a new deploy', async () => {
  await deployed;
  await until('it breaks', async () => (await looping.call('/f')).status === 503, 30_000);
  const row = await looping.whenRow(
    'f',
    'is in a crash loop',
    (item) => item.state === 'crash-looping' && item.reason.includes('next try'),
    90_000,
  );
  expect(row.restarts).toBeGreaterThanOrEqual(5);
  expect(row.reason).toMatch(/the process exited with code 7; next try in \d+ s/);
  const answer = await looping.call('/f');
  expect(answer.status).toBe(503);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect((await looping.faaso('status')).stdout).toMatch(
    /^f +crash-looping +\/f +1 · [0-9a-f]{8}.*\n +the process exited with code 7; next try in \d+ s/m,
  );
  expect((await looping.faaso('logs', 'f', '--tail', '1')).stdout).toMatch(/doomed/);

  looping.python('f', 'def handler(event, context): return "mended"\n');
  await looping.deploy();
  expect((await looping.call('/f')).text).toBe('mended');
  expect(await looping.row('f')).toMatchObject({ state: 'running', restarts: 0, release: 2 });
  await looping.whenSettled(['f']);
}, 180_000);
