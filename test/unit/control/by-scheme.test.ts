import { describe, expect, test } from 'vitest';

import { byScheme } from '../../../src/control/by-scheme.ts';
import { callableRoutes } from '../../../src/control/callable-routes.ts';
import { parseUrl } from '../../../src/cli/explain-url.ts';
import { appliedRelease, appliedState, routeOf } from '../../support/releases.ts';

const HTTPS = { host: '127.0.0.1', port: 18_090, issuer: 'internal' } as const;
const ROUTES = [routeOf('a.test/hello', 'hello'), routeOf('/open', 'open')];

const ask = (url: string, https: Parameters<typeof byScheme>[2] = HTTPS): ReturnType<typeof byScheme> =>
  byScheme({ ...parseUrl(url), method: 'GET' }, '127.0.0.1:18080', https, ROUTES);

describe('a router with HTTPS', () => {
  test('answers a host that a route names over HTTPS', () => {
    expect(ask('https://a.test:18090/hello')).toEqual({ answer: null, isTls: true, notes: [] });
    expect(ask('https://A.test:18090/nothing')).toEqual({ answer: null, isTls: true, notes: [] });
    expect(ask('https://a.test/hello', { ...HTTPS, port: 443 })).toEqual({
      answer: null,
      isTls: true,
      notes: [],
    });
  });

  test('leads plain HTTP of such a host there, whatever the path', () => {
    expect(ask('http://a.test:18080/greet?x=1').answer).toEqual({
      status: 308,
      code: 'https',
      why: 'a.test is served over HTTPS: faaso explain https://a.test:18090/greet?x=1',
    });
    expect(ask('http://a.test:18080/', { ...HTTPS, port: 443 }).answer?.why).toContain('https://a.test/');
    expect(ask('http://127.0.0.1:18080/open')).toEqual({ answer: null, isTls: false, notes: [] });
    expect(ask('/open')).toEqual({ answer: null, isTls: false, notes: [] });
  });

  test('has no certificate for any other host, and takes no plain HTTP there', () => {
    for (const host of ['b.test', '127.0.0.1'])
      expect(ask(`https://${host}:18090/open`).answer).toMatchObject({
        status: null,
        code: 'no-certificate',
        why: expect.stringContaining(`no route names the host ${host}`),
      });
    expect(ask('http://a.test:18090/hello').answer).toMatchObject({ status: 400, code: 'https-wanted' });
  });

  test('says where it listens when another port is asked for', () => {
    expect(ask('https://a.test/hello')).toMatchObject({
      answer: null,
      notes: [
        expect.stringMatching(/http:\/\/127\.0\.0\.1:18080 and https:\/\/127\.0\.0\.1:18090; .*443 with TLS/),
      ],
    });
  });

  test('names the URL over HTTPS of what is called there', () => {
    const state = appliedState(appliedRelease('hello', { routes: ['a.test/hello', '/open'] }));
    const urls = (https: typeof HTTPS | undefined): string[] =>
      callableRoutes(
        'http://127.0.0.1:18080',
        { ...state, router: { ...state.router, ...(https === undefined ? {} : { https }) } },
        undefined,
      ).map(({ url }) => url);
    expect(urls(HTTPS)).toEqual(['https://a.test:18090/hello', 'http://127.0.0.1:18080/open']);
    expect(urls(undefined)).toEqual(['http://a.test:18080/hello', 'http://127.0.0.1:18080/open']);
  });
});
