import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { http } from '../support/project-http.ts';
import { freePort } from '../support/ports.ts';
import { startRecorder } from '../support/engine-recorder.ts';
import { until } from '../support/until.ts';

describe('a project from its first apply on', () => {
  let project: TestProject;

  beforeAll(() => {
    project = new TestProject({ routes: { '/hello': 'hello', '/add': 'add' } });
    project.python('hello', 'def handler(event, context): return "hello 1"\n');
    project.node('add', 'export default ({ a, b }) => ({ sum: a + b });\n', {
      test: [
        {
          name: 'adds',
          request: { method: 'POST', path: '/', json: { a: 1, b: 2 } },
          expect: { json: { sum: 3 } },
        },
      ],
    });
  });
  afterAll(() => project.dispose());

  test('the plan before the first apply creates everything and changes nothing', async () => {
    const plan = await project.faaso('plan', '--exit-code');
    expect(plan.code).toBe(4);
    expect(plan.stdout).toMatch(/^add +create +new in functions\.yml$/m);
    expect(plan.stdout).toMatch(/2 to create.*Apply with: faaso apply/);
    expect(await project.containers()).toEqual([]);
  });

  test('the first apply builds, tests and routes every function and says where', async () => {
    const applied = await project.start(['apply']).ended;
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toMatch(/^add +healthy, 1 test passed, now at \/add/m);
    expect(applied.stdout).toMatch(/^hello +healthy, now at \/hello/m);
    const url = /Serving on (http:\/\/127\.0\.0\.1:\d+)/.exec(applied.stdout)?.[1] ?? '';
    project.url = url;
    expect((await project.status()).router).toEqual({
      kind: 'builtin',
      listen: url,
      https: null,
      state: 'serving',
      hint: null,
    });
    expect(await project.call('/hello')).toMatchObject({ status: 200, text: 'hello 1' });
    const json = { method: 'POST', body: '{"a":4,"b":5}', headers: { 'content-type': 'application/json' } };
    expect(JSON.parse((await project.call('/add', json)).text)).toEqual({ sum: 9 });
    expect(await project.whenSettled(['add', 'hello'])).toHaveLength(2);
  });

  test('status names state, routes, release and port of each function', async () => {
    const { functions, problems, engine } = await project.status();
    expect(problems).toEqual([]);
    expect(engine.state).toBe('connected');
    expect(
      functions.map(({ name, state, routes, release, restarts, changed }) => ({
        name,
        state,
        routes,
        release,
        restarts,
        changed,
      })),
    ).toEqual([
      { name: 'add', state: 'running', routes: ['/add'], release: 1, restarts: 0, changed: [] },
      { name: 'hello', state: 'running', routes: ['/hello'], release: 1, restarts: 0, changed: [] },
    ]);
    const { stdout } = await project.faaso('status');
    expect(stdout).toMatch(/^hello +running +\/hello +1 · [0-9a-f]{8}/m);
  });

  test('its image runs alone with nothing but a port', async () => {
    const { id } = await project.container('hello');
    const { Image } = (await docker.getContainer(id).inspect()).Config;
    const port = await freePort();
    const alone = await docker.createContainer({
      Image,
      Labels: { 'faaso.test': '1', 'faaso.managed': 'no' },
      HostConfig: { PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
    });
    try {
      await alone.start();
      const answer = await until('it answers', () => http(`http://127.0.0.1:${port}/`));
      expect(answer).toMatchObject({ status: 200, text: 'hello 1' });
    } finally {
      await alone.remove({ force: true, v: true });
    }
  });

  test('an apply without a change restarts nothing and writes nothing to the engine', async () => {
    const before = await project.containers();
    expect(await project.faaso('daemon', 'stop')).toMatchObject({ code: 0, stderr: '' });
    const recorder = await startRecorder();
    try {
      const { code, stdout } = await project.start(['apply'], { DOCKER_HOST: recorder.host }).ended;
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Nothing to change: 2 functions up to date/),
      });
      expect(recorder.calls.length).toBeGreaterThan(0);
      expect(recorder.writes()).toEqual([]);
      expect((await project.apply()).answer).toMatchObject({ changed: [], unchanged: ['add', 'hello'] });
      expect(recorder.writes()).toEqual([]);
    } finally {
      await project.faaso('daemon', 'restart');
      await recorder.close();
    }
    expect(await project.containers()).toEqual(before);
  });

  test('an edit shows in plan and status with its reason, and goes live with the next apply alone', async () => {
    const before = await project.container('hello');
    project.python('hello', 'def handler(event, context): return "hello 2"\n');
    expect((await project.faaso('plan')).stdout).toMatch(
      /^hello +new image +handler\.py changed\n +replace/m,
    );
    expect((await project.row('hello')).changed).toEqual(['handler.py']);
    expect((await project.call('/hello')).text).toBe('hello 1');

    const other = await project.container('add');
    const applied = await project.deploy();
    expect(applied.answer).toMatchObject({ changed: ['hello'], unchanged: ['add'], failed: [] });
    expect((await project.call('/hello')).text).toBe('hello 2');
    expect(await project.container('add')).toEqual(other);
    await project.whenSettled(['add', 'hello']);
    expect((await project.container('hello')).id).not.toBe(before.id);
    expect(await project.row('hello')).toMatchObject({ release: 2, changed: [] });
  });

  test('a change of memory alone replaces that function, without a build', async () => {
    const [add, hello] = [await project.container('add'), await project.container('hello')];
    project.configure({ functions: { hello: { limits: { memory: '300m' } } } });
    expect((await project.faaso('plan')).stdout).toMatch(/^hello +replace +memory 256m → 300m$/m);
    const applied = await project.deploy();
    expect(
      applied.events.filter((event) => event.kind === 'step-started').map((event) => event.step),
    ).not.toContain('build-image');
    await project.whenSettled(['add', 'hello']);
    expect(await project.container('add')).toEqual(add);
    const after = await project.container('hello');
    expect(after.id).not.toBe(hello.id);
    expect((await docker.getContainer(after.id).inspect()).HostConfig.Memory).toBe(300 * 2 ** 20);
  });

  test('a function that the file names no more is removed, its path answers 404', async () => {
    project.configure({ routes: { '/hello': 'hello' } });
    expect((await project.faaso('plan')).stdout).toMatch(/^add +remove +no longer in functions\.yml/m);
    const applied = await project.deploy();
    expect(applied.outcomes['add']).toEqual({ kind: 'removed' });
    const gone = await project.call('/add');
    expect(gone.status).toBe(404);
    expect(gone.headers['content-type']).toBe('application/problem+json');
    await project.whenSettled(['hello']);
  });

  test('the same files applied by name leave everything else alone', async () => {
    project.python('hello', 'def handler(event, context): return "hello 3"\n');
    project.python('late', 'def handler(event, context): return "late"\n');
    project.configure({ routes: { '/hello': 'hello', '/late': 'late' } });
    expect((await project.deploy('late')).answer).toMatchObject({ changed: ['late'] });
    expect((await project.call('/late')).text).toBe('late');
    expect((await project.call('/hello')).text).toBe('hello 2');
    const unknown = await project.faaso('apply', 'lates');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/no function is named "lates"/);
  });

  test('a variable that is not set is named with its place; a value that was applied is kept', async () => {
    project.python('hello', 'import os\n\ndef handler(event, context): return os.environ["LEVEL"]\n');
    project.configure({ functions: { hello: { env: { LEVEL: '${LEVEL}' } } } });
    const refused = await project.faaso('apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/functions\.yml:\d+:\d+ .*LEVEL/);
    expect((await project.call('/hello')).text).toBe('hello 2');
    const applied = await project.start(['apply'], { LEVEL: 'secret-level' }).ended;
    expect(applied.code).toBe(0);
    expect((await project.call('/hello')).text).toBe('secret-level');

    project.configure({ functions: { hello: { env: { LEVEL: '${LEVEL} up' } } } });
    const shown = await project.start(['plan'], { LEVEL: 'secret-level' }).ended;
    expect(shown.stdout).toMatch(/^hello +replace +env LEVEL changed$/m);
    expect(shown.stdout).not.toMatch('secret-level');
    const values = await project.start(['plan', '--show-values'], { LEVEL: 'secret-level' }).ended;
    expect(values.stdout).toMatch(/env LEVEL secret-level → secret-level up/);

    // A daemon that knows nothing of it goes on with what was applied.
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    const { problems, functions } = await project.status();
    expect(problems).toEqual([]);
    expect(functions.find((row) => row.name === 'hello')?.changed).toEqual(['env LEVEL']);
    expect((await project.call('/hello')).text).toBe('secret-level');
  });
});
