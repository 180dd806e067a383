import { describe, expect, test } from 'vitest';

import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { Route } from '../../../src/core/specs.ts';
import { explainRoute, nameOf, upstreamOf } from '../../../src/control/explain-route.ts';

function route(path: string, name: string, change: Partial<Route> = {}): Route {
  const parsed = parseRoutePath(path);
  const fn = parseFunctionName(name);
  if (!parsed.ok || fn === undefined) throw new Error('not a route');
  return {
    path: parsed.path,
    function: fn,
    stripPrefix: true,
    timeoutMs: 60_000,
    maxBodyBytes: 1024,
    ...change,
  };
}

const ROUTES = [
  route('/', 'home'),
  route('/sum', 'sum'),
  route('/sum/deep', 'deep', { stripPrefix: false }),
  route('/sum', 'guest', { host: 'example.org' }),
  route('/reports', 'reader', { methods: ['GET', 'HEAD'] }),
  route('/reports', 'writer', { methods: ['POST'] }),
];

const ask = (
  target: string,
  method = 'GET',
  authority = '127.0.0.1:8080',
  routes: readonly Route[] = ROUTES,
): ReturnType<typeof explainRoute> => explainRoute(routes, { target, method, authority });

describe('explaining a route', () => {
  test('names the one that is chosen and those that it comes before', () => {
    const { route: chosen, before, path, query } = ask('/sum/deep/er?y=1');
    expect({ name: chosen?.function, path, query }).toEqual({
      name: 'deep',
      path: '/sum/deep/er',
      query: '?y=1',
    });
    expect(before.map(nameOf)).toEqual(['/', '/sum']);
    const hosted = ask('/sum/deep', 'GET', 'EXAMPLE.org.:80');
    expect(hosted.route?.function).toBe('guest');
    expect(hosted.before.map(nameOf)).toEqual(['/', '/sum', '/sum/deep']);
    expect(ask('/reports', 'POST').route?.function).toBe('writer');
  });

  test('says why a path is refused that is another way to write a guarded one', () => {
    const routes = [route('/', 'home'), route('/admin', 'admin', { public: false })];
    expect(ask('/ADMIN', 'GET', '', routes).answer).toEqual({
      status: 400,
      code: 'path-invalid',
      why: expect.stringContaining('could be read as another one, which is guarded'),
    });
  });

  test('says what the function gets', () => {
    const upstream = (target: string): ReturnType<typeof upstreamOf> => {
      const verdict = ask(target);
      return verdict.route === undefined ? null : upstreamOf(verdict.route, verdict, '127.0.0.1:8080');
    };
    expect(upstream('/sum/x?y=1')).toMatchObject({
      target: '/x?y=1',
      headers: { 'X-Forwarded-Prefix': '/sum', Host: '127.0.0.1:8080', 'X-Faaso-Timeout-Ms': '60000' },
    });
    expect(upstream('/sum?y')).toMatchObject({ target: '/?y' });
    expect(upstream('/sum/deep/x')?.target).toBe('/sum/deep/x');
    expect(upstream('/x')?.headers).not.toHaveProperty('X-Forwarded-Prefix');
  });

  test('names the nearest where there is none', () => {
    const few = ROUTES.slice(1, 4);
    const { answer, nearest } = ask('/smu', 'GET', 'localhost', few);
    expect(answer).toEqual({ status: 404, code: 'no-route', why: 'no route leads to /smu' });
    expect(nearest.map(nameOf)).toEqual(['/sum', '/sum/deep', 'example.org/sum']);
    expect(ask('/SUM/x', 'GET', 'localhost', few).nearest[0]?.path).toBe('/sum');
    expect(ask('/sum/x', 'GET', 'localhost', [route('/sum', 'a', { host: 'a.org' })]).nearest).toHaveLength(
      1,
    );
    expect(ask('/x', 'GET', 'localhost', []).answer?.why).toBe('there are no routes');
  });

  test('names what a place takes where the method is wrong', () => {
    const { answer, nearest } = ask('/reports/x', 'PUT');
    expect(answer).toEqual({
      status: 405,
      code: 'method-not-allowed',
      why: '/reports takes GET, HEAD, POST, not PUT',
    });
    expect(nearest.map((item) => item.function)).toEqual(['reader', 'writer']);
    expect(ask('/sum', 'TRACE').answer?.status).toBe(405);
  });

  test.each([
    ['/sum/../x', 400, /"\." or "\.\." segment/],
    ['/sum/%2E%2e/x', 400, /segment/],
    ['/_faaso/health', 404, /_faaso are for probes/],
    ['/sum/_faaso/health', 404, /_faaso are for probes/],
  ])('says why %s is refused', (target, status, why) => {
    expect(ask(target).answer).toMatchObject({ status, why: expect.stringMatching(why) });
  });

  test.each([
    ['/sum%2Fx', /%2F parts no segments/],
    ['//sum', /\/\/ is not \//],
  ])('says why %s is not what it looks like', (target, why) => {
    expect(ask(target, 'GET', 'localhost', ROUTES.slice(1)).answer?.why).toMatch(why);
  });
});
