/**
 * Which route serves a request. Pure.
 *
 * The longest prefix on segment boundaries wins, among the routes of the request's own host first, then among
 * those of any host. Segments are compared byte for byte, as they were received: nothing is decoded, `//` is not
 * merged. A path with a dot segment (`.`, `..`, also percent-encoded) never comes this far: the router answers it
 * with 400, because whoever normalises it later would see another path than the one that was routed.
 */
import type { Route } from '../core/specs.ts';

/** Routes as a tree of segments per host: a look-up costs as many steps as the longest route has segments. */
export interface Matcher<R extends Route> extends Trees<R> {
  /** The guarded routes under their plain paths; `undefined` when there is none. */
  readonly guarded: Trees<R> | undefined;
}

interface Trees<R> {
  readonly hosts: ReadonlyMap<string, Node<R>>;
  readonly any: Node<R>;
}

interface Node<R> {
  /** The routes of one place: they differ in their methods. */
  readonly routes: R[];
  readonly children: Map<string, Node<R>>;
}

/** Compiles routes for {@link matchRoute}. */
export function compileRoutes<R extends Route>(routes: readonly R[]): Matcher<R> {
  const guarded = routes.filter(isGuarded);
  return {
    ...treesOf(routes, (route) => route.path),
    guarded: guarded.length === 0 ? undefined : treesOf(guarded, (route) => plainPath(route.path)),
  };
}

/** Whether something stands before a route that others could want to go round. */
export function isGuarded({ auth, concurrency, rateLimit, public: isPublic }: Route): boolean {
  return auth !== undefined || concurrency !== undefined || rateLimit !== undefined || isPublic !== undefined;
}

function treesOf<R extends Route>(routes: readonly R[], pathOf: (route: R) => string): Trees<R> {
  const hosts = new Map<string, Node<R>>();
  const any = emptyNode<R>();
  for (const route of routes) {
    if (route.host === undefined) {
      insert(any, route, pathOf(route));
      continue;
    }
    const host = route.host.toLowerCase();
    const root = hosts.get(host) ?? emptyNode<R>();
    hosts.set(host, root);
    insert(root, route, pathOf(route));
  }
  return { hosts, any };
}

/**
 * The routes of the place that a request is for; empty when no route leads there. Which of them serves it is a
 * matter of its method.
 * `host`: lower case, without port. `path`: as received, starts with `/`, without query.
 */
export function matchRoute<R extends Route>(matcher: Matcher<R>, host: string, path: string): readonly R[] {
  const root = matcher.hosts.size === 0 ? undefined : matcher.hosts.get(host);
  if (root !== undefined) {
    const found = longest(root, path);
    if (found.length > 0) return found;
  }
  return longest(matcher.any, path);
}

/**
 * Whether a path, read as many functions read it, leads to a guarded route that goes further than the `chosen` one:
 * percent-encoded letters, doubled slashes, capitals and parameters (`;x`) would be a way round the guard.
 */
export function isDisguised<R extends Route>(
  { guarded }: Matcher<R>,
  host: string,
  path: string,
  chosen: Route,
): boolean {
  if (guarded === undefined || !LOOSE.test(path)) return false;
  const plain = plainPath(path);
  if (DOT_SEGMENT.test(plain)) return true;
  const own = guarded.hosts.get(host);
  const goesFurther = (root: Node<R>): boolean =>
    longest(root, plain).some((route) => route.path.length > chosen.path.length);
  if (chosen.host !== undefined) return own !== undefined && goesFurther(own);
  return (own !== undefined && longest(own, plain).length > 0) || goesFurther(guarded.any);
}

const LOOSE = /[A-Z%;]|\/\//;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** A path as the most lenient reader takes it: decoded, without doubled slashes, parameters and capitals. */
function plainPath(path: string): string {
  return path
    .replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
    .toLowerCase();
}

/** Whether a route takes a method. TRACE shows a client what proxies added, so it needs to be asked for by name. */
export function takes(route: Route, method: string): boolean {
  return route.methods === undefined ? method !== 'TRACE' : route.methods.includes(method);
}

function longest<R>(root: Node<R>, path: string): readonly R[] {
  let best = root.routes;
  let node: Node<R> | undefined = root;
  let start = 1;
  while (node.children.size > 0 && start <= path.length) {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    node = node.children.get(path.slice(start, end));
    if (node === undefined) break;
    if (node.routes.length > 0) best = node.routes;
    start = end + 1;
  }
  return best;
}

function insert<R extends Route>(root: Node<R>, route: R, path: string): void {
  let node = root;
  if (path !== '/') {
    for (const segment of path.slice(1).split('/')) {
      const next = node.children.get(segment) ?? emptyNode<R>();
      node.children.set(segment, next);
      node = next;
    }
  }
  node.routes.push(route);
}

function emptyNode<R>(): Node<R> {
  return { routes: [], children: new Map() };
}

/** The host of a `Host` header or authority: lower case, port and a final dot stripped; empty when there is none. */
export function hostName(authority: string | undefined): string {
  if (authority === undefined || authority === '') return '';
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':', bracket + 1);
  const host = (colon === -1 ? authority : authority.slice(0, colon)).toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
