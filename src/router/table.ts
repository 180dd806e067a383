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
export interface Matcher<R extends Route> {
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
  const hosts = new Map<string, Node<R>>();
  const any = emptyNode<R>();
  for (const route of routes) {
    if (route.host === undefined) {
      insert(any, route);
      continue;
    }
    const host = route.host.toLowerCase();
    const root = hosts.get(host) ?? emptyNode<R>();
    hosts.set(host, root);
    insert(root, route);
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

function insert<R extends Route>(root: Node<R>, route: R): void {
  let node = root;
  if (route.path !== '/') {
    for (const segment of route.path.slice(1).split('/')) {
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
