import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Explanation } from '../../src/core/explanation.ts';
import { faasoInShell } from '../support/built-cli.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const SHOW = `def handler(event, context):
    return context.method + " " + context.path
`;

describe('explain', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({
      routes: {
        '/': 'home',
        '/show': { function: 'show', timeout: '20s', max_body: '2mb', methods: ['GET', 'POST'] },
        '/whole': { function: 'show', host: 'example.org', strip_prefix: false },
      },
    });
    for (const name of ['home', 'show']) {
      project.python(name, SHOW, { health: { path: '/', interval: '1s' } });
    }
    await project.deploy();
  });
  afterAll(() => project.dispose());

  const explain = async (...args: readonly string[]): Promise<Explanation> => {
    const { code, stdout, stderr } = await project.faaso('explain', '--json', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Explanation;
  };

  test('says what the router does, which does it', async () => {
    const probed = await until('a probe was made', async () => {
      const explained = await explain(`${project.url}/show/x?y=1`);
      return explained.function?.probe === null ? undefined : explained;
    });
    expect(probed).toMatchObject({
      answer: null,
      route: { path: '/show', place: { file: 'functions.yml' }, before: [{ path: '/' }], stripPrefix: true },
      function: { name: 'show', release: 1, state: 'running', probe: { healthy: true, detail: '200' } },
      upstream: { target: '/x?y=1', headers: { 'X-Forwarded-Prefix': '/show' } },
      limits: { timeoutMs: 20_000, maxBodyBytes: 2 * 2 ** 20, cpus: 1 },
      notes: [],
    });
    const line =
      project
        .read('functions.yml')
        .split('\n')
        .findIndex((text) => text.includes('"/show"')) + 1;
    const { stdout } = await project.faaso('explain', '/show/x?y=1');
    expect(stdout).toMatch(
      new RegExp(`^route {6}/show \\(functions\\.yml:${line}\\); longest of 2 prefixes`),
    );
    expect(stdout).toMatch(/^function {3}show, release 1 .*, healthy \(last probe \d s ago, \d+ ms\)$/m);
    expect((await project.call('/show/x')).text).toContain('/x');
    expect((await explain('example.org/whole/x')).upstream?.target).toBe('/whole/x');
  });

  test.each([
    ['/whole', 'GET', '/whole'],
    ['/show', 'DELETE', undefined],
    ['/show/../x', 'GET', undefined],
    ['/_faaso/health', 'GET', undefined],
    ['/show/_faaso/x', 'GET', undefined],
    ['/show%2Fx', 'GET', '/show%2Fx'],
    ['//show', 'GET', '//show'],
  ])('agrees with the router about %s by %s', async (path, method, seen) => {
    const explained = await explain(`${project.url}${path}`, '-X', method);
    const head = `--path-as-is -s -o - -w '\\n%{http_code}' -X ${method}`;
    const { stdout } = await faasoInShell(`curl ${head} '${project.url}${path}'`, { cwd: project.root });
    const [body = '', status] = stdout.split(/\n(?=\d+$)/);
    const said = body.startsWith('{') ? (JSON.parse(body) as { readonly code: string }) : undefined;
    const { answer, upstream } = explained;
    expect({ status: answer?.status ?? 200, code: answer?.code, seen: upstream?.target }).toEqual({
      status: Number(status),
      code: said?.code,
      seen,
    });
  });

  test('notes another port, and what the files say otherwise', async () => {
    expect((await explain('https://example.org/whole')).notes[0]).toMatch(
      /^the router listens on http:\/\/127\.0\.0\.1:\d+; what goes to port 443 with TLS /,
    );
    const before = project.settings.routes;
    project.configure({
      routes: { ...before, '/show/new': 'home', '/': { function: 'home', timeout: '5s' } },
    });
    expect((await explain('/show/new')).notes[0]).toMatch(
      /^not applied yet: functions\.yml:\d+ leads it by \/show\/new to home$/,
    );
    expect((await explain('/other')).notes[0]).toMatch(/has other settings for route \/$/);
    // What is said of a route is said once.
    expect((await explain('/other')).notes.join('\n')).not.toMatch(
      /on disk, not applied yet: .*route \/(,|$)/m,
    );
    project.configure({ routes: { '/show': 'nope' } });
    expect((await explain('/show')).notes[0]).toMatch(/^the files on disk are not valid now/);
    project.configure({ routes: before ?? {} });
  });

  test('says that a function is down, and works without a daemon and without an engine', async () => {
    await docker.getContainer((await project.container('show')).id).pause();
    const down = await until('it is seen', async () => {
      const explained = await explain('/show');
      return explained.function?.state === 'running' ? undefined : explained;
    });
    expect(down.function?.reason).not.toBe('');
    expect(down.ifDown).toMatch(/^503 /);
    await project.faaso('daemon', 'stop');
    const alone = await explain('/show');
    expect(alone.notes.join()).toMatch(/no daemon runs/);
    expect(alone.ifDown).toMatch(/^502: without a daemon/);
    const command = project.start(['explain', '/show', '--json'], {
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    });
    const { code, stdout } = await command.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      route: { path: '/show' },
      function: { name: 'show', state: 'unknown' },
      notes: expect.arrayContaining([expect.stringMatching(/^the engine could not be asked: /)]),
    });
    const wrong = await project.faaso('explain', 'ftp://x/');
    expect(wrong.code).toBe(2);
  });
});
