import { parseFunctionName, parseRevision, parseRoutePath } from '../core/names.ts';
import type {
  Concurrency,
  ContainerSpec,
  HealthSpec,
  Limits,
  RateLimit,
  Route,
  RouteAuth,
} from '../core/specs.ts';
import type { Pin, Release } from '../core/state.ts';

/**
 * Reads a release from its label. A label is text that anybody with access to the engine can write, so every
 * field is checked; keys that this version does not know are dropped. `undefined` when it is not a release.
 */
export function decodeRelease(text: string): Release | undefined {
  try {
    return release(object(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function release(from: Fields): Release {
  return {
    number: number(from['number']),
    function: known(parseFunctionName(string(from['function']))),
    revision: known(parseRevision(string(from['revision']))),
    image: string(from['image']),
    ...(from['imageId'] === undefined ? {} : { imageId: string(from['imageId']) }),
    spec: containerSpec(object(from['spec'])),
    specHash: string(from['specHash']),
    routes: list(from['routes']).map((item) => route(object(item))),
    ...(from['pin'] === undefined ? {} : { pin: pin(object(from['pin'])) }),
  };
}

function pin(from: Fields): Pin {
  return { of: number(from['of']), left: string(from['left']) };
}

function containerSpec(from: Fields): ContainerSpec {
  return {
    port: number(from['port']),
    env: texts(from['env']),
    limits: limits(object(from['limits'])),
    writable: list(from['writable']).map(string),
    secrets: texts(from['secrets']),
    networks: list(from['networks']).map(string),
    volumes: texts(from['volumes']),
    isolation: from['isolation'] === 'gvisor' ? 'gvisor' : 'runc',
    health: health(object(from['health'])),
  };
}

function limits(from: Fields): Limits {
  return {
    cpus: number(from['cpus']),
    memoryBytes: number(from['memoryBytes']),
    pids: number(from['pids']),
    tmpBytes: number(from['tmpBytes']),
  };
}

function health(from: Fields): HealthSpec {
  const expect = from['expect'];
  if (expect !== '2xx' && expect !== 'any') throw new TypeError('not a kind of health check');
  return {
    path: string(from['path']),
    expect,
    intervalMs: number(from['intervalMs']),
    timeoutMs: number(from['timeoutMs']),
    retries: number(from['retries']),
    startPeriodMs: number(from['startPeriodMs']),
  };
}

function route(from: Fields): Route {
  const path = parseRoutePath(string(from['path']));
  if (!path.ok) throw new TypeError(path.problem);
  return {
    ...(from['host'] === undefined ? {} : { host: string(from['host']) }),
    path: path.path,
    function: known(parseFunctionName(string(from['function']))),
    ...(from['methods'] === undefined ? {} : { methods: list(from['methods']).map(string) }),
    stripPrefix: boolean(from['stripPrefix']),
    timeoutMs: number(from['timeoutMs']),
    maxBodyBytes: number(from['maxBodyBytes']),
    // What cannot be read makes the release unreadable: a route must not lose its protection.
    ...(from['auth'] === undefined ? {} : { auth: auth(object(from['auth'])) }),
    ...(from['concurrency'] === undefined ? {} : { concurrency: concurrency(object(from['concurrency'])) }),
    ...(from['rateLimit'] === undefined ? {} : { rateLimit: rateLimit(object(from['rateLimit'])) }),
    ...(from['public'] === undefined || boolean(from['public']) ? {} : { public: false }),
    ...(from['accessLog'] === undefined ? {} : { accessLog: boolean(from['accessLog']) }),
  };
}

function auth(from: Fields): RouteAuth {
  return { keys: texts(from['keys']), basic: texts(from['basic']) };
}

function concurrency(from: Fields): Concurrency {
  return {
    requests: number(from['requests']),
    queue: number(from['queue']),
    waitMs: number(from['waitMs']),
  };
}

function rateLimit(from: Fields): RateLimit {
  return {
    requests: number(from['requests']),
    perMs: number(from['perMs']),
    burst: number(from['burst']),
    by: from['by'] === 'key' ? 'key' : 'client',
  };
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(object(value)).map(([key, item]) => [key, string(item)]));
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object');
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('not a number');
  return value;
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('not a boolean');
  return value;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('not a known name');
  return value;
}
