/** What must hold between the parts of a project. Each rule is pure and reports what it finds. */
import type { PortRange, Project, Route } from '../core/specs.ts';
import { builtinOnly, builtinOnlySettings } from './protection.ts';
import type { DeclaredRoute } from './routes.ts';
import { routeName } from './routes.ts';
import type { Scope } from './scope.ts';
import { lineAt, quoted } from './source.ts';
import { closest } from './suggest.ts';

interface RuleInput {
  readonly project: Project;
  /** In the order of the file. */
  readonly routes: readonly DeclaredRoute[];
  /** The whole of functions.yml. */
  readonly scope: Scope;
  /** How many functions the file has, those with problems included. */
  readonly functionCount: number;
  /** The kernel's range for outgoing connections; absent where it cannot be read. */
  readonly ephemeral: PortRange | undefined;
}

type Rule = (input: RuleInput) => void;

/** The rules in the order in which they run. */
export const rules: readonly Rule[] = [
  portsAreUsable,
  portsSuffice,
  portsLeaveTheRouterAlone,
  portsAreNotTheKernels,
  routesDiffer,
  routesAreReached,
  basesAreUsed,
  networksAreOthers,
  httpsHasHosts,
  caddyCarriesIt,
];

function portsAreUsable({ project: { ports }, scope }: RuleInput): void {
  if (ports.first > ports.last) {
    scope.error(
      'ports',
      `the first port ${ports.first} is above the last ${ports.last}`,
      `${ports.last}-${ports.first}`,
    );
  } else if (ports.last > 65_535) scope.error('ports', 'ports end at 65535');
  else if (ports.first < 1024)
    scope.error('ports', 'ports below 1024 are for system services; take higher ones');
}

function portsSuffice({ project: { ports }, scope, functionCount }: RuleInput): void {
  const size = ports.last - ports.first + 1;
  if (size < 1 || size > functionCount) return;
  scope.error(
    'ports',
    `${size} ports are too few for ${functionCount} functions: each has one, and a replacement needs one more`,
  );
}

function portsLeaveTheRouterAlone({ project: { ports, router }, scope }: RuleInput): void {
  if (router.port < ports.first || router.port > ports.last) return;
  scope
    .in('router')
    .error('listen', `the router's port ${router.port} lies in ports, ${ports.first}-${ports.last}`);
}

function portsAreNotTheKernels({ project: { ports }, scope, ephemeral }: RuleInput): void {
  if (ephemeral === undefined || ports.last < ephemeral.first || ports.first > ephemeral.last) return;
  scope.problems.warn(
    scope.at('ports'),
    `ports ${ports.first}-${ports.last} overlap those of outgoing connections, ${ephemeral.first}-${ephemeral.last}: now and then one will be taken`,
  );
}

/** Two routes of one host and path must not want the same method. */
function routesDiffer({ routes }: RuleInput): void {
  const seen = new Map<string, DeclaredRoute[]>();
  for (const declared of routes) {
    const name = routeName(declared.route);
    const others = seen.get(name) ?? [];
    seen.set(name, [...others, declared]);
    const first = others.find((other) => overlap(other.route, declared.route));
    if (first === undefined) continue;
    const { scope } = declared;
    const both = (declared.route.methods ?? []).find(
      (method) => first.route.methods?.includes(method) === true,
    );
    scope.problems.error(
      scope.document.key(scope.path),
      `route ${name} is there twice${both === undefined ? '' : ` for ${both}`}; the first is ${placeOf(first, scope)}`,
    );
  }
}

/** Whether two routes of one place want a method both; a route without methods wants all. */
function overlap(a: Route, b: Route): boolean {
  if (a.methods === undefined || b.methods === undefined) return true;
  return a.methods.some((method) => b.methods?.includes(method));
}

/** A host's own routes are tried before those of any host, so they can hide longer paths. */
function routesAreReached({ routes }: RuleInput): void {
  const byPath = new Map<string, DeclaredRoute>();
  for (const declared of routes) {
    const { host, path } = declared.route;
    if (host !== undefined && !byPath.has(path)) byPath.set(path, declared);
  }
  for (const { route, scope: place } of routes) {
    if (route.host !== undefined) continue;
    const hiding = prefixes(route.path)
      .map((prefix) => byPath.get(prefix))
      .find((found) => found !== undefined);
    if (hiding === undefined) continue;
    const name = routeName(hiding.route);
    place.problems.warn(
      place.document.key(place.path),
      `route ${route.path} is not reached on ${hiding.route.host ?? ''}: ${name} ${placeOf(hiding, place)} comes first there`,
    );
  }
}

function basesAreUsed({ project, scope }: RuleInput): void {
  const used = new Set<string>();
  for (const { source } of project.functions) {
    if (source.kind === 'folder')
      for (const base of [...source.runtime.bases.build, ...source.runtime.bases.run]) used.add(base);
  }
  for (const base of Object.keys(project.build.bases)) {
    if (used.has(base)) continue;
    const message = `no runtime of this project's functions names the base ${quoted(base)}`;
    scope.problems.warn(scope.document.key(['bases', base]), message, () => closest(base, [...used]));
  }
}

/** Every function is on the project's own network, which faaso makes and removes. */
function networksAreOthers({ project, scope }: RuleInput): void {
  const own = `faaso-${project.name}`;
  for (const { name, container } of project.functions) {
    if (container.networks.includes(own))
      scope
        .in('functions', name)
        .error('networks', `${quoted(own)} is the project's own network; leave it out`);
  }
}

/** Where a route is declared, for a message about another part of the project's files. */
function placeOf({ scope }: DeclaredRoute, other: Scope): string {
  const at = scope.document.key(scope.path)();
  const from = other.document.key(other.path)();
  if (!('source' in at)) return `in ${at.file}`;
  const line = lineAt(at.source, at.range.start);
  return 'source' in from && from.source === at.source ? `on line ${line}` : `at ${at.source.file}:${line}`;
}

/** The paths above `path`, longest first: of `/a/b` `/a` and `/`. */
function prefixes(path: string): readonly string[] {
  const result: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    result.push(path.slice(0, end));
  return path === '/' ? [] : [...result, '/'];
}

function httpsHasHosts({ project: { router, routes }, scope }: RuleInput): void {
  const { https } = router;
  if (https === undefined) return;
  if (!routes.some(({ host }) => host !== undefined))
    scope.in('router').error('https', 'https needs a route with a host: certificates are made for names');
  if (https.port !== 0 && https.port === router.port)
    scope.in('router', 'https').error('listen', `the port ${https.port} is that of the listener without TLS`);
}

/** What Caddy would leave out in silence is refused. */
function caddyCarriesIt({ project: { router }, routes, scope }: RuleInput): void {
  if (router.kind !== 'caddy') return;
  const why = (key: string): string => `${key} needs "kind: builtin": faaso does not do this with Caddy yet`;
  for (const key of builtinOnlySettings(router)) scope.in('router').error(key, why(key));
  for (const declared of routes)
    for (const key of builtinOnly(declared.route)) declared.scope.error(key, why(key));
}
