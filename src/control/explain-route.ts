/** What routes make of a request, in words. Pure. */
import type { Explanation, ExplainedProtection, ExplainedRoute } from '../core/explanation.ts';
import type { Route } from '../core/specs.ts';
import { allowedMethods, decide, DISGUISED_PATH } from '../router/decide.ts';
import { compileRoutes, hostName } from '../router/table.ts';
import { parseTarget, upstreamPath } from '../router/target.ts';

const NEAREST = 3;

/** A request as the router reads it. */
export interface Asked {
  /** With port, as in the `Host` header. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly method: string;
}

export interface RouteVerdict {
  readonly path: string;
  readonly query: string;
  readonly answer: Explanation['answer'];
  readonly route: Route | undefined;
  /** The other routes whose prefix the path has. */
  readonly before: readonly Route[];
  readonly nearest: readonly Route[];
}

/** Asks the router's own rules. */
export function explainRoute(routes: readonly Route[], { authority, target, method }: Asked): RouteVerdict {
  const parsed = parseTarget(target, authority);
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  const asked = { path, query: question === -1 ? '' : target.slice(question) };
  const refused = (status: number, code: string, why: string, nearest: readonly Route[]): RouteVerdict => ({
    ...asked,
    answer: { status, code, why },
    route: undefined,
    before: [],
    nearest,
  });
  if (!parsed.ok) return refused(400, 'path-invalid', parsed.problem, []);
  const decision = decide(compileRoutes(routes), parsed.target, method);
  switch (decision.kind) {
    case 'none':
      return decision.reserved
        ? refused(404, 'no-route', 'paths under /_faaso are for probes from inside', [])
        : refused(404, 'no-route', noRoute(path, routes), nearest(routes, path));
    case 'disguised':
      return refused(400, 'path-invalid', `${DISGUISED_PATH}, which is guarded`, nearest(routes, path));
    case 'method': {
      const [first] = decision.place;
      const why = `${nameOf(first)} takes ${allowedMethods(decision.place)}, not ${method}`;
      return refused(405, 'method-not-allowed', why, decision.place);
    }
    case 'route': {
      const { route } = decision;
      const host = hostName(authority);
      const before = routes.filter((other) => other !== route && leadsTo(other, host, path));
      return { ...asked, answer: null, route, before, nearest: [] };
    }
  }
}

/** What the function gets to see of it. */
export function upstreamOf(
  route: Route,
  { path, query }: RouteVerdict,
  authority: string,
  scheme: 'http' | 'https' = 'http',
): Explanation['upstream'] {
  const strips = route.stripPrefix && route.path !== '/';
  return {
    target: upstreamPath(path, route.path, route.stripPrefix) + query,
    headers: {
      Host: authority,
      'X-Forwarded-Proto': scheme,
      'X-Forwarded-Host': authority,
      ...(strips ? { 'X-Forwarded-Prefix': route.path } : {}),
      'X-Faaso-Timeout-Ms': String(route.timeoutMs),
    },
  };
}

/** What stands before a route; `null` where nothing does. */
export function protectionOf(route: Route): ExplainedProtection | null {
  const { auth, concurrency, rateLimit, public: isPublic } = route;
  if (auth === undefined && concurrency === undefined && rateLimit === undefined && isPublic === undefined)
    return null;
  return {
    auth:
      auth === undefined
        ? null
        : {
            keys: Object.keys(auth.keys),
            users: Object.keys(auth.basic),
            others: { status: 401, code: 'unauthorized' },
          },
    public: isPublic !== false,
    outside: isPublic === false ? { status: 404, code: 'no-route' } : null,
    concurrency: concurrency ?? null,
    rateLimit: rateLimit ?? null,
  };
}

export function explainedRoute({ host, path, methods, function: name }: Route): ExplainedRoute {
  return { host: host ?? null, path, methods: methods ?? null, function: name };
}

/** A route as one writes it: `example.org/sum`. */
export function nameOf({ host, path }: Route): string {
  return `${host ?? ''}${path}`;
}

function noRoute(path: string, routes: readonly Route[]): string {
  if (routes.length === 0) return 'there are no routes';
  const encoded = /%2f/i.test(path) ? ': nothing is decoded for routing, so %2F parts no segments' : '';
  const doubled = path.includes('//') ? ': segments are compared as they come, so // is not /' : '';
  return `no route leads to ${path}${encoded === '' ? doubled : encoded}`;
}

function leadsTo(route: Route, host: string, path: string): boolean {
  if (route.host !== undefined && route.host !== host) return false;
  return route.path === '/' || path === route.path || path.startsWith(`${route.path}/`);
}

/** Those that one may have meant: of another host or in other letters, and those that begin alike. */
function nearest(routes: readonly Route[], path: string): readonly Route[] {
  const wanted = path.toLowerCase();
  const likeness = (route: Route): number => {
    const own = route.path.toLowerCase();
    if (leadsTo({ ...route, path: own as Route['path'] }, route.host ?? '', wanted)) return own.length + 1000;
    let same = 0;
    while (same < own.length && own[same] === wanted[same]) same += 1;
    return same;
  };
  const found = routes.map((route) => ({ route, likeness: likeness(route) }));
  // That a path begins with "/" makes it no more like another.
  const like = found.filter((item) => item.likeness > 1).sort((a, b) => b.likeness - a.likeness);
  return (like.length > 0 ? like : found).slice(0, NEAREST).map(({ route }) => route);
}
