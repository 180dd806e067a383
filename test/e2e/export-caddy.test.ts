import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { CADDY_LACKS, caddyTakes } from '../support/caddy.ts';
import { runExported } from '../support/exported-caddy.ts';
import { freePort } from '../support/ports.ts';
import { http } from '../support/project-http.ts';
import type { HttpCall } from '../support/project-http.ts';
import { TestProject } from '../support/project.ts';

const ECHO = `export const handler = (event, context) => ({
  statusCode: context.query.status === undefined ? 200 : Number(context.query.status),
  body: [context.method, context.path, context.query.a, context.headers['x-forwarded-prefix'],
    context.headers['x-forwarded-host'], context.headers['x-request-id'], context.rawBody?.length].join(' '),
});
`;

let project: TestProject;
let port = 0;

beforeAll(async () => {
  port = await freePort();
  project = new TestProject({
    router: { listen: `127.0.0.1:${port}` },
    routes: {
      '/echo': { function: 'echo', max_body: '1kb' },
      '/whole': { function: 'echo', strip_prefix: false },
      '/notes': [
        { function: 'echo', methods: ['GET', 'HEAD'] },
        { function: 'other', methods: ['POST'] },
      ],
      '/hosts': [{ function: 'other' }, { function: 'echo', host: 'a.example' }],
      '/slow': { function: 'slow', timeout: '300ms' },
    },
  });
  project.node('echo', ECHO);
  project.node('other', 'export const handler = () => "other";');
  project.node('slow', 'export const handler = () => new Promise(() => {});');
  await project.deploy();
}, 180_000);
afterAll(() => project.dispose());

/** What is asked of both; of the answer: status, `Allow`, and the text, or of a problem its code. */
const CALLS: readonly (readonly [path: string, call?: HttpCall])[] = [
  ['/echo?a=1'],
  ['/echo/x/y?a=%2F&status=418'],
  ['/echo/', { method: 'POST', body: 'x'.repeat(900) }],
  ['/echo', { method: 'POST', body: 'x'.repeat(2000) }],
  ['/echoes'],
  ['/whole/x'],
  ['/notes', { headers: { 'x-forwarded-prefix': '/forged' } }],
  ['/notes', { method: 'POST', body: 'x' }],
  ['/notes', { method: 'DELETE' }],
  ['/hosts'],
  ['/hosts', { headers: { host: 'a.example' } }],
  ['/slow'],
  ['/'],
  ['/_faaso/health'],
  ['/echo/_faaso/health'],
  ['/echo/../notes'],
  ['/echo', { headers: { host: 'a:b' } }],
  ['/echo', { headers: { host: 'a.example:99999' } }],
];

async function answers(url: string): Promise<readonly unknown[]> {
  return await Promise.all(
    CALLS.map(async ([path, call = {}]) => {
      const host = 'any.example';
      const headers = { host, 'x-request-id': 'r-1', ...call.headers };
      const { status, headers: got, text } = await http(`${url}${path}`, { ...call, headers });
      const isProblem = got['content-type'] === 'application/problem+json';
      const { code, request_id: id } = isProblem
        ? (JSON.parse(text) as { readonly code: string; readonly request_id: string })
        : { code: text, request_id: '' };
      return [path, call.method ?? 'GET', status, got.allow, isProblem, code, id];
    }),
  );
}

describe.skipIf(CADDY_LACKS !== '')(`without faaso, Caddy${CADDY_LACKS}`, () => {
  test.each([
    ['caddyfile', []],
    ['json', ['--json']],
  ] as const)('answers by the printed %s as the router did', async (adapter, flags) => {
    const { stdout, stderr, code } = await project.faaso('export', 'caddy', ...flags);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    await caddyTakes(stdout, adapter);
    const url = await runExported(stdout, adapter, port);
    expect(await answers(url)).toEqual(await answers(project.url));
  });

  test('is told the same when Caddy was the router already', async () => {
    const { stdout: before } = await project.faaso('export', 'caddy');
    project.configure({ router: { kind: 'caddy', listen: `127.0.0.1:${port}` } });
    await project.deploy();
    expect(await project.faaso('export', 'caddy')).toMatchObject({ code: 0, stdout: before });
  });
});

test('it is printed without a daemon and without an engine, and not where nothing is served', async () => {
  await project.faaso('daemon', 'stop');
  const without = project.start(['export', 'caddy'], { DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  expect(await without.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('reverse_proxy') });
  const bare = new TestProject({ routes: {} });
  onTestFinished(() => bare.dispose());
  expect(await bare.faaso('export', 'caddy')).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('hint: faaso apply'),
  });
});
