import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { AccessLine } from '../../src/core/access.ts';
import type { Explanation } from '../../src/core/explanation.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const HANDLER = `export const handler = (event, context) => ({
  client: context.headers['x-faaso-client'] ?? null,
  authorization: context.headers['authorization'] ?? null,
  trace: context.headers['traceparent'],
});
`;

describe('a route that is protected', () => {
  let project: TestProject;
  let key = '';
  let keyEntry = '';
  let passwordEntry = '';

  const configure = (access: Readonly<Record<string, unknown>>): void =>
    project.configure({
      router: { listen: '127.0.0.1:0', access_log: true },
      routes: { '/open': 'f', '/guarded': { function: 'f', ...access } },
    });
  const basic = (password: string): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`,
  });

  beforeAll(async () => {
    project = new TestProject({});
    project.node('f', HANDLER);
    const made = await project.start(['hash', 'key', '--json']).ended;
    ({ key, hash: keyEntry } = JSON.parse(made.stdout) as { key: string; hash: string });
    const hashed = await project.start(['hash', 'password'], {}, 'correct horse\n').ended;
    passwordEntry = hashed.stdout.trim();
    configure({});
    await project.deploy();
  }, 120_000);
  afterAll(() => project.dispose());

  test('gets its protection by an apply that restarts nothing', async () => {
    const before = await project.container('f');
    expect((await project.call('/guarded')).status).toBe(200);
    configure({
      auth: { keys: { ci: keyEntry }, basic: { ada: passwordEntry } },
      rate_limit: { requests: 1000, by: 'key' },
    });
    const plan = await project.faaso('plan');
    expect(plan.stdout).toContain('/guarded');
    expect(plan.stdout).not.toMatch(/sha256|scrypt/);
    await project.deploy();
    expect((await project.container('f')).id).toBe(before.id);

    expect(await project.call('/guarded')).toMatchObject({ status: 401 });
    expect(await project.call('/guarded', { headers: basic('wrong') })).toMatchObject({ status: 401 });
    expect((await project.call('/open')).status).toBe(200);
    const byKey = await project.call('/guarded', { headers: { Authorization: `Bearer ${key}` } });
    expect(JSON.parse(byKey.text)).toMatchObject({
      client: 'ci',
      authorization: null,
      trace: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
    });
    const byPassword = await project.call('/guarded', { headers: basic('correct horse') });
    expect(JSON.parse(byPassword.text)).toMatchObject({ client: 'ada', authorization: null });
    expect((await project.faaso('invoke', 'f')).code).toBe(0);
  }, 60_000);

  test('is explained, without its hashes', async () => {
    const { stdout } = await project.faaso('explain', '/guarded', '--json');
    expect((JSON.parse(stdout) as Explanation).protection).toEqual({
      auth: { keys: ['ci'], users: ['ada'], others: { status: 401, code: 'unauthorized' } },
      public: true,
      outside: null,
      concurrency: null,
      rateLimit: { requests: 1000, perMs: 1000, burst: 1000, by: 'key' },
    });
    expect((await project.faaso('explain', '/guarded')).stdout).toMatch(
      /^only {7}by key ci, by password ada; others get 401 unauthorized$/m,
    );
    expect(stdout).not.toMatch(/sha256|scrypt/);
  });

  test('is in the access log, with the name of who called', async () => {
    const lines = await until('four requests are logged', async () => {
      const { stdout, code, stderr } = await project.faaso('logs', '--access', 'f');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const all = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AccessLine)
        .filter(({ path }) => path === '/guarded');
      return all.length >= 5 ? all : undefined;
    });
    expect(lines.map(({ status, auth }) => [status, auth])).toEqual([
      [200, null],
      [401, null],
      [401, null],
      [200, 'ci'],
      [200, 'ada'],
    ]);
    const container = await project.container('f');
    expect(container.id.startsWith(lines[3]?.instance ?? '-')).toBe(true);
    const followed = project.start(['logs', '--access', '--follow', '--tail', '0']);
    await until('a request is followed', async () => {
      await project.call('/open?secret=1');
      return followed.stdout.includes('"/open"');
    });
    expect(followed.stdout).not.toContain('secret=1');
    followed.child.kill('SIGINT');
    expect((await followed.ended).code).toBe(0);
  }, 30_000);

  test('stays protected when the state is lost, and when its function goes back a release', async () => {
    project.node('f', HANDLER.replace('null', '"nobody"'));
    await project.deploy();
    await project.faaso('rollback', 'f');
    expect(await project.call('/guarded')).toMatchObject({ status: 401 });
    // To the very first release, which had no auth.
    await project.faaso('rollback', 'f', '1');
    expect(await project.call('/guarded')).toMatchObject({ status: 401 });
    await project.faaso('apply');

    await project.faaso('daemon', 'stop');
    rmSync(join(project.root, '.faaso/state/applied.json'));
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    await until('the state is back', async () =>
      (await project.status()).functions.some(({ name, state }) => name === 'f' && state === 'running'),
    );
    expect(await project.call('/guarded')).toMatchObject({ status: 401 });
    expect((await project.call('/guarded', { headers: { 'X-API-Key': key } })).status).toBe(200);
  }, 90_000);
});
