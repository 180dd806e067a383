/** Why a step is needed, in the words of the files. */
import { canonicalJson } from '../core/hash.ts';
import type { ContainerSpec, FailureHook, HttpsSettings, PortRange, RouterSettings } from '../core/specs.ts';
import type { ProjectFiles } from '../core/state.ts';
import type { Change, Reason } from '../core/steps.ts';
import { formatDuration, formatSize } from './units.ts';

interface Built {
  readonly inputs: Readonly<Record<string, string>>;
}

/** Names the inputs of an image that differ; `image-changed` where the applied ones are not known any more. */
export function sourceReason(applied: Built, desired: Built): Reason {
  if (Object.keys(applied.inputs).length === 0) return { kind: 'image-changed' };
  const changes: string[] = [];
  const [olds, news] = [new Map(Object.entries(applied.inputs)), new Map(Object.entries(desired.inputs))];
  for (const key of [...new Set([...olds.keys(), ...news.keys()])].sort()) {
    const before = olds.get(key);
    const after = news.get(key);
    if (before === undefined) changes.push(`${key} added`);
    else if (after === undefined) changes.push(`${key} removed`);
    else if (before !== after) changes.push(key);
  }
  return changes.length === 0 ? { kind: 'image-changed' } : { kind: 'source-changed', changes };
}

/** Names the keys of a container spec that differ. Values of `env` may be private and stay apart. */
export function specReason(applied: ContainerSpec, desired: ContainerSpec): Reason {
  const changes: Change[] = [
    ...envChanges(applied.env, desired.env),
    ...secretChanges(applied.secrets, desired.secrets),
  ];
  const before = flatten(applied);
  const after = flatten(desired);
  for (const key of Object.keys({ ...before, ...after })) {
    if (before[key] === after[key]) continue;
    changes.push({ key, from: before[key] ?? 'none', to: after[key] ?? 'none' });
  }
  // An older faaso may have hashed what this one does not know: the hash decides, so something is said of it.
  return { kind: 'spec-changed', changes: changes.length === 0 ? [{ key: 'container settings' }] : changes };
}

/** What concerns the project as a whole. */
export interface Settings extends ProjectFiles {
  readonly ports: PortRange;
  readonly router: RouterSettings;
  readonly onFailure?: FailureHook;
}

/** Names the keys of the project that differ. */
export function settingsChanges(applied: Settings, desired: Settings): readonly Change[] {
  const before = flatSettings(applied);
  const changes = Object.entries(flatSettings(desired))
    .filter(([key, value]) => before[key] !== value)
    .map(([key, to]) => ({ key, from: before[key] ?? 'none', to }));
  const [old, hook] = [applied.onFailure, desired.onFailure];
  if (canonicalJson(old ?? null) === canonicalJson(hook ?? null)) return changes;
  const [from, to] = [hookWords(old), hookWords(hook)];
  return [...changes, { key: 'on_failure', from, to: from === to ? `${to}, changed` : to }];
}

/** The program or host alone: what follows may hold a token. */
function hookWords(hook: FailureHook | undefined): string {
  if (hook === undefined) return 'none';
  return hook.kind === 'command' ? `command ${hook.argv[0] ?? ''}` : `url ${new URL(hook.url).origin}`;
}

function httpsWords({ host, port, issuer, email }: HttpsSettings): string {
  return `${host}:${port}, ${issuer}${email === undefined ? '' : `, ${email}`}`;
}

function flatSettings({ ports, router, file, overlays }: Settings): Record<string, string> {
  return {
    files: [file ?? 'functions.yml', ...overlays].join(', '),
    'router listens on': `${router.host}:${router.port}`,
    'router kind': router.kind,
    "Caddy's admin API": router.admin ?? 'none',
    https: router.https === undefined ? 'none' : httpsWords(router.https),
    'trusted proxies': router.trustedProxies.join(' ') || 'none',
    'access log': router.accessLog === true ? 'on' : 'off',
    'connections at most': limitWords(router.limits?.connections),
    'connections per address at most': limitWords(router.limits?.connectionsPerAddress),
    'bytes a second of uploads at least': limitWords(router.limits?.uploadRate),
    ports: `${ports.first}-${ports.last}`,
  };
}

function limitWords(value: number | undefined): string {
  return value === undefined ? 'default' : value === 0 ? 'any' : String(value);
}

function envChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change[] {
  const [olds, news] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...olds.keys(), ...news.keys()])].sort().flatMap((name): Change[] => {
    const [from, to] = [olds.get(name), news.get(name)];
    if (from === to) return [];
    const secret = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    return [{ key: `env ${name}`, secret }];
  });
}

/** A secret's value shows nowhere, and neither does its fingerprint. */
function secretChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change[] {
  const [olds, news] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...olds.keys(), ...news.keys()])].sort().flatMap((name): Change[] => {
    const key = `secret ${name}`;
    if (!olds.has(name)) return [{ key, from: 'none', to: 'given' }];
    if (!news.has(name)) return [{ key, from: 'given', to: 'none' }];
    return olds.get(name) === news.get(name) ? [] : [{ key }];
  });
}

function flatten(spec: ContainerSpec): Record<string, string> {
  const { limits, health } = spec;
  return {
    port: String(spec.port),
    cpus: String(limits.cpus),
    memory: formatSize(limits.memoryBytes),
    pids: String(limits.pids),
    tmp: formatSize(limits.tmpBytes),
    writable: spec.writable.join(' ') || 'none',
    networks: spec.networks.join(' ') || 'none',
    isolation: spec.isolation,
    ...Object.fromEntries(Object.entries(spec.volumes).map(([name, path]) => [`volume ${name}`, path])),
    'health path': health.path,
    'health answer': health.expect,
    'health interval': formatDuration(health.intervalMs),
    'health timeout': formatDuration(health.timeoutMs),
    'health retries': String(health.retries),
    'health start_period': formatDuration(health.startPeriodMs),
  };
}

/** What a reason names, in a few words, for a list. */
export function wordsOf(reason: Reason): readonly string[] {
  switch (reason.kind) {
    case 'source-changed':
      return reason.changes;
    case 'spec-changed':
      return reason.changes.map((change) => change.key);
    case 'routes-changed':
      return [...reason.added, ...reason.removed, ...reason.changed.map((item) => item.route)].map(
        (place) => `route ${place}`,
      );
    case 'image-changed':
      return ['image'];
    case 'new':
      return ['new in functions.yml'];
    case 'removed':
      return ['no longer in functions.yml'];
    case 'image-missing':
    case 'restart-asked':
    case 'rolled-back':
    case 'not-running':
    case 'unhealthy':
      return [];
  }
}
