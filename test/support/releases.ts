/** Releases, routes and instances with defaults for all that a test does not care about. */
import { hashOf, revisionOf } from '../../src/core/hash.ts';
import type { FunctionName } from '../../src/core/names.ts';
import { instanceId, parseFunctionName, parseRoutePath } from '../../src/core/names.ts';
import { recordOf } from '../../src/core/record.ts';
import type { ContainerSpec, Route } from '../../src/core/specs.ts';
import type { Applied, AppliedFunction, AppliedRelease, Instance, Release } from '../../src/core/state.ts';

export function nameOf(text: string): FunctionName {
  const name = parseFunctionName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}

/** `/sum`, `example.org/sum`, `/sum [GET, POST]`. */
export function routeOf(text: string, name: string, change: Partial<Route> = {}): Route {
  const match = /^(?<host>[^/]*)(?<path>\/[^ ]*)(?: \[(?<methods>.*)\])?$/.exec(text)?.groups;
  const path = parseRoutePath(match?.['path'] ?? '');
  if (!path.ok) throw new Error(`${text}: ${path.problem}`);
  const methods = match?.['methods']?.split(', ');
  return {
    ...(match?.['host'] === '' ? {} : { host: match?.['host'] ?? '' }),
    path: path.path,
    function: nameOf(name),
    ...(methods === undefined ? {} : { methods }),
    stripPrefix: true,
    timeoutMs: 60_000,
    maxBodyBytes: 10 * 2 ** 20,
    ...change,
  };
}

export function specOf(change: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    port: 3000,
    env: {},
    limits: { cpus: 1, memoryBytes: 256 * 2 ** 20, pids: 128, tmpBytes: 64 * 2 ** 20 },
    writable: [],
    secrets: {},
    networks: [],
    volumes: {},
    isolation: 'runc',
    health: {
      path: '/_faaso/health',
      expect: '2xx',
      intervalMs: 10_000,
      timeoutMs: 1000,
      retries: 3,
      startPeriodMs: 30_000,
    },
    ...change,
  };
}

/** `version` stands for everything that goes into the image. */
export function releaseOf(
  name: string,
  options: {
    readonly version?: string;
    readonly number?: number;
    readonly routes?: readonly string[];
    readonly spec?: Partial<ContainerSpec>;
  } = {},
): Release {
  const { version = 'v1', number = 1, routes = [`/${name}`] } = options;
  const spec = specOf(options.spec);
  const revision = revisionOf([name, version]);
  return {
    number,
    function: nameOf(name),
    revision,
    image: `faaso/demo/${name}:${revision}`,
    spec,
    specHash: hashOf(spec),
    routes: routes.map((text) => routeOf(text, name)),
  };
}

export function appliedRelease(...args: Parameters<typeof releaseOf>): AppliedRelease {
  const [name, { version = 'v1' } = {}] = args;
  return { ...releaseOf(...args), appliedAt: 0, inputs: { 'handler.py': hashOf([name, version]) } };
}

export function appliedState(...releases: readonly AppliedRelease[]): Applied {
  const functions = recordOf<AppliedFunction>(
    releases.map((release) => [release.function, { current: release, earlier: [] }]),
  );
  return {
    format: 1,
    name: 'demo',
    root: '/demo',
    generation: 1,
    ports: { first: 20_000, last: 20_999 },
    router: { kind: 'builtin', host: '127.0.0.1', port: 8080, trustedProxies: [] },
    variables: {},
    overlays: [],
    functions,
  };
}

/** A running instance of a release. */
export function instanceOf(release: Release, change: Partial<Instance> = {}): Instance {
  const name = `faaso-demo-${release.function}`;
  return {
    id: instanceId(hashOf([name, release, change.createdAt]).repeat(4)),
    name,
    purpose: 'serve',
    project: { name: 'demo', root: '/demo' },
    function: release.function,
    revision: release.revision,
    specHash: release.specHash,
    release,
    imageId: 'sha256:0',
    port: 20_000,
    portBound: true,
    status: { kind: 'running', startedAt: 0 },
    createdAt: 0,
    ...change,
  };
}
