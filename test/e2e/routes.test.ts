import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLoad } from '../support/load.ts';
import { TestProject } from '../support/project.ts';

const answering = (text: string): string => `def handler(event, context): return "${text} " + context.path\n`;

describe('paths', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/moves': 'a', '/b': 'b' } });
    project.python('a', answering('a'));
    project.python('b', answering('b'));
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test('a path whose new function cannot be deployed stays with the old one', async () => {
    project.configure({ routes: { '/moves': 'c', '/b': 'b', '/a': 'a' } });
    project.python('c', 'raise RuntimeError("not yet")\n');
    const load = startLoad({ url: `${project.url}/moves`, rate: 100, isRight: (text) => text === 'a /' });
    const applied = await project.apply();
    expect(applied.code).toBe(3);
    expect(applied.answer?.failed).toEqual(['c']);
    expect((await project.call('/moves')).text).toBe('a /');
    expect((await project.call('/a')).text).toBe('a /');
    expect(await load.stop()).toMatchObject({ lost: [] });
  });

  test('a path that moves is answered by one or the other at every moment', async () => {
    const load = startLoad({
      url: `${project.url}/moves`,
      rate: 150,
      isRight: (text) => /^[abc] \/$/.test(text),
    });
    project.python('c', answering('c'));
    await project.deploy();
    expect((await project.call('/moves')).text).toBe('c /');
    for (const target of ['b', 'c', 'b']) {
      project.configure({ routes: { '/moves': target, '/b': 'b', '/a': 'a', '/c': 'c' } });
      const applied = await project.deploy();
      expect(
        applied.events.some((event) => event.kind === 'step-started' && event.step === 'start-instance'),
      ).toBe(false);
      expect((await project.call('/moves')).text).toBe(`${target} /`);
    }
    const { lost, answered } = await load.stop();
    expect(lost).toEqual([]);
    expect(answered.length).toBeGreaterThan(50);
  });

  test('a path that is renamed answers at the new place, and 404 at the old', async () => {
    const before = await project.containers();
    project.configure({ routes: { '/renamed': 'a', '/b': 'b', '/c': 'c' } });
    expect((await project.faaso('plan')).stdout).toMatch(/^a +route/m);
    await project.deploy();
    expect((await project.call('/renamed/x')).text).toBe('a /x');
    const old = await project.call('/a');
    expect(old.status).toBe(404);
    expect(JSON.parse(old.text)).toMatchObject({ status: 404 });
    expect(await project.containers()).toEqual(before);
  });

  test('the longest prefix wins on whole segments, and a host before none', async () => {
    project.configure({
      routes: {
        '/': 'c',
        '/b': [{ function: 'b' }, { function: 'a', host: 'a.example' }],
        '/b/deep': { function: 'a', strip_prefix: false },
      },
    });
    await project.deploy();
    const call = async (path: string, host?: string): Promise<string> =>
      (await project.call(path, host === undefined ? {} : { headers: { host } })).text;
    expect(await call('/b')).toBe('b /');
    expect(await call('/b/x?y=1')).toBe('b /x');
    expect(await call('/bx')).toBe('c /bx');
    expect(await call('/b/deep')).toBe('a /b/deep');
    expect(await call('/b/deeper')).toBe('b /deeper');
    expect(await call('/b/x', 'a.example')).toBe('a /x');
    expect(await call('/b/x', 'A.EXAMPLE:8080')).toBe('a /x');
    expect(await call('/b/x', 'b.example')).toBe('b /x');
    expect(await call('/')).toBe('c /');
    expect((await project.row('b')).routes).toEqual(['/b']);
    expect((await project.row('a')).routes.toSorted()).toEqual(['/b/deep', 'a.example/b']);
  });

  test('methods, bodies and time have limits, each with its own answer', async () => {
    project.python(
      'b',
      'import time\n\ndef handler(event, context):\n    if context.path == "/slow": time.sleep(3)\n    return str(len(context.body))\n',
    );
    project.configure({
      routes: {
        '/b': { function: 'b', methods: ['GET', 'POST'], max_body: '1kb', timeout: '1s' },
        '/a': 'a',
      },
    });
    await project.deploy();
    const refused = await project.call('/b', { method: 'DELETE' });
    expect(refused.status).toBe(405);
    expect(refused.headers.allow?.split(/, ?/).toSorted()).toEqual(expect.arrayContaining(['GET', 'POST']));
    expect(await project.call('/b', { method: 'POST', body: 'x'.repeat(1000) })).toMatchObject({
      status: 200,
      text: '1000',
    });
    const large = await project.call('/b', { method: 'POST', body: 'x'.repeat(1100) });
    expect(large.status).toBe(413);
    const late = await project.call('/b/slow');
    expect(late.status).toBe(504);
    expect(late.text).toMatch(/\bb\b/);
    expect(late.text).toMatch(/1 s/);
    for (const answer of [refused, large, late]) {
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.text)).toMatchObject({ code: expect.any(String), status: answer.status });
    }
    const outside = await project.call('/b/_faaso/health');
    expect([400, 403, 404]).toContain(outside.status);
  });

  test('a router that is told to listen elsewhere moves without restarting a function', async () => {
    const before = await project.whenSettled(['a', 'b']);
    const old = project.url;
    project.configure({ router: { listen: 'localhost:0' } });
    await project.deploy();
    expect((await project.call('/a')).text).toBe('a /');
    expect(await project.containers()).toEqual(before);
    expect(project.url === old || project.url.startsWith('http://')).toBe(true);
  });
});
