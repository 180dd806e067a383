import type { Project, Route, RouterSettings, TestCase } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { CallableRoute } from './api.ts';
import { httpsOrigin } from './by-scheme.ts';

/** Every applied route with its URL and, from its function's tests, an example call. Pure. */
export function callableRoutes(
  routerUrl: string,
  applied: Applied,
  project: Project | undefined,
): readonly CallableRoute[] {
  return Object.values(applied.functions).flatMap(({ current }) => {
    const tests = project?.functions.find((fn) => fn.name === current.function)?.tests ?? [];
    return current.routes.map((route): CallableRoute => {
      const base = urlOf(routerUrl, route, applied.router.https);
      const example = exampleOf(base, route, tests);
      return { url: base, function: current.function, ...(example === undefined ? {} : { example }) };
    });
  });
}

/** Plain HTTP would only lead to where the host has its certificate. */
function urlOf(routerUrl: string, route: Route, https: RouterSettings['https']): string {
  const { host } = route;
  if (host === undefined) return new URL(route.path, routerUrl).href;
  if (https !== undefined) return new URL(route.path, httpsOrigin(host, https)).href;
  const url = new URL(route.path, routerUrl);
  url.hostname = host;
  return url.href;
}

/** The first test that a plain call through the route repeats. */
function exampleOf(base: string, route: Route, tests: readonly TestCase[]): CallableRoute['example'] {
  // Without credentials the call would be refused.
  if (!route.stripPrefix || route.auth !== undefined) return undefined;
  const test = tests.find(({ request }) => route.methods?.includes(request.method) ?? true);
  if (test === undefined) return undefined;
  const { method, path, body } = test.request;
  const rest = path.startsWith('/?') || path === '/' ? path.slice(1) : path;
  return {
    method,
    url: `${base.replace(/\/$/, rest.startsWith('/') ? '' : '/')}${rest}`,
    ...(body === undefined ? {} : { body }),
  };
}
