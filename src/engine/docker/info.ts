import { FaasoError } from '../../core/errors.ts';
import type { EngineInfo } from '../engine.ts';
import type { Connection } from './connection.ts';

/** Docker 20.10, the oldest engine that the tests run on. */
const OLDEST_API = '1.41';

interface VersionAnswer {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Components?: readonly { readonly Name: string }[];
}

interface InfoAnswer {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Runtimes: Readonly<Record<string, unknown>>;
  readonly LiveRestoreEnabled: boolean;
  readonly DockerRootDir: string;
  readonly SystemTime?: string;
  readonly Swarm?: { readonly LocalNodeState?: string };
}

/** What runs there; rejects with `engine-unsupported` when it is too old or runs no Linux containers. */
export async function engineInfo(connection: Connection): Promise<EngineInfo> {
  const [version, info] = await Promise.all([
    connection.call('tell its version', (docker, signal) =>
      ask<VersionAnswer>(docker.version.bind(docker), signal),
    ),
    connection.call('tell its resources', (docker, signal) =>
      ask<InfoAnswer>(docker.info.bind(docker), signal),
    ),
  ]);
  const component = version.Components?.[0]?.Name ?? 'Engine';
  const name = `${component === 'Engine' ? 'Docker Engine' : component} ${version.Version.replace(/\+.*$/, '')}`;
  if (isOlder(version.ApiVersion, OLDEST_API)) {
    throw new FaasoError('engine-unsupported', `${name} is too old: its API is ${version.ApiVersion}`, {
      hint: `update it to Docker 20.10 or later (API ${OLDEST_API})`,
    });
  }
  if (version.Os !== 'linux') {
    throw new FaasoError('engine-unsupported', `${name} runs containers of ${version.Os}`, {
      hint: 'switch the engine to Linux containers',
    });
  }
  return {
    name,
    version: version.Version,
    apiVersion: version.ApiVersion,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    runtimes: Object.keys(info.Runtimes).sort(),
    liveRestore: info.LiveRestoreEnabled,
    dataRoot: info.DockerRootDir,
    // The engines that only speak Docker's API, as Podman does, have a builder of their own.
    buildKit: component === 'Engine',
    swarm: (info.Swarm?.LocalNodeState ?? 'inactive') !== 'inactive',
    systemTime: Date.parse(info.SystemTime ?? '') || Date.now(),
  };
}

/** The library's types know neither the options of these calls nor all of their answers. */
async function ask<T>(
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
  abortSignal: AbortSignal,
): Promise<T> {
  return (await call({ abortSignal })) as T;
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
