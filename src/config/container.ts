import type { ContainerSpec, Limits, Source } from '../core/specs.ts';
import { containerEnv } from './container-env.ts';
import { DEFAULTS } from './defaults.ts';
import type { HealthPart } from './health.ts';
import { healthSpec } from './health.ts';
import { volumePaths, writablePaths } from './mounts.ts';
import type { RawFunction, RawLimits } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';
import { formatSize } from './units.ts';

/** Words of Docker's that are no network which can be joined besides others. */
const NO_NETWORKS = new Set(['host', 'none', 'bridge', 'default']);

/** What a function's entry adds up to with what its other files say. */
export interface ContainerParts {
  readonly kind: Source['kind'];
  /** From its env files. */
  readonly env: Readonly<Record<string, string>>;
  /** Of metadata.yml, where there is one. */
  readonly health: readonly HealthPart[];
}

/** What the function's container is started with; problems are reported. `scope` is that of its entry. */
export function containerSpec(
  scope: Scope,
  entry: RawFunction,
  { kind, env, health }: ContainerParts,
): ContainerSpec {
  const override = entry.health === undefined ? [] : [{ scope: scope.in('health'), raw: entry.health }];
  const writable = writablePaths(scope.in('writable'), kind, entry.writable ?? []);
  return {
    port: entry.port ?? DEFAULTS.port,
    env: containerEnv(scope.in('env'), env, entry.env ?? {}),
    limits: limits(scope.in('limits'), entry.limits ?? {}),
    writable,
    // What their values are, only the store of secrets can tell.
    secrets: Object.fromEntries((entry.secrets ?? []).toSorted().map((name) => [name, ''])),
    networks: networks(scope.in('networks'), entry.networks ?? []),
    volumes: volumePaths(scope.in('volumes'), kind, entry.volumes ?? {}, writable),
    isolation: entry.isolation ?? DEFAULTS.isolation,
    health: healthSpec(kind, [...health, ...override]),
  };
}

function networks(scope: Scope, names: readonly string[]): readonly string[] {
  for (const [index, name] of names.entries()) {
    if (NO_NETWORKS.has(name)) {
      const help = 'name one that was made with docker network create';
      scope.error(String(index), `${quoted(name)} is no network that a function can join; ${help}`);
    }
  }
  return names.toSorted();
}

function limits(scope: Scope, raw: RawLimits): Limits {
  const fallback = DEFAULTS.limits;
  // The engine's own least memory is 6 MiB; a tmpfs of size 0 would have no limit at all.
  const memoryBytes = scope.size('memory', raw.memory, fallback.memory, { min: 6 * 1024 ** 2 });
  const tmpBytes = scope.size('tmp', raw.tmp, fallback.tmp, { min: 64 * 1024 });
  if (tmpBytes >= memoryBytes) {
    const [tmp, memory] = [formatSize(tmpBytes), formatSize(memoryBytes)];
    if (raw.tmp === undefined) {
      const what = `limits.memory (${memory}) must be more than limits.tmp, which is ${tmp} where it is not set`;
      scope.error('memory', `${what}: what is in /tmp is memory; raise memory or set a smaller tmp`);
    } else {
      const what = `limits.tmp (${tmp}) must be less than limits.memory (${memory})`;
      scope.error('tmp', `${what}: what is in /tmp is memory`);
    }
  }
  return { cpus: raw.cpus ?? fallback.cpus, memoryBytes, pids: raw.pids ?? fallback.pids, tmpBytes };
}
