import type { ContainerCreateOptions, MountSettings } from 'dockerode';

import type { ContainerSpec } from '../../core/specs.ts';
import type { StartRequest } from '../engine.ts';
import { GVISOR_RUNTIME } from '../engine.ts';
import { instanceLabels, networkName } from '../labels.ts';

/**
 * What gVisor's kernel takes of the limit for itself: measured, 42 threads for a sleeping program and 54 for a small
 * server, more under load. Without this a function with 64 ends at once, with exit code 2 and not a word.
 */
const GVISOR_THREADS = 128;

/**
 * How every instance is run, whatever its image: no capabilities, no way to gain privileges, a read-only root, no
 * host paths, bounded memory, processes, CPU, files and logs, and one port on loopback. The image's user and stop
 * signal stay; its HEALTHCHECK is off, because the reconciler probes.
 */
export function createOptions(
  request: StartRequest,
  mounts: MountSettings[] = [],
): Omit<ContainerCreateOptions, 'name'> {
  const { release, project, port } = request;
  const { spec } = release;
  const inside = `${spec.port}/tcp`;
  return {
    Image: request.image ?? release.image,
    Env: environment(request),
    Labels: { ...instanceLabels(request) },
    ExposedPorts: { [inside]: {} },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: networkName(project),
      PortBindings: { [inside]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Mounts: mounts,
      ...(spec.isolation === 'gvisor' ? { Runtime: GVISOR_RUNTIME } : {}),
      Tmpfs: writableMounts(spec),
      PidsLimit: spec.limits.pids + (spec.isolation === 'gvisor' ? GVISOR_THREADS : 0),
      Memory: spec.limits.memoryBytes,
      MemorySwap: spec.limits.memoryBytes,
      NanoCpus: Math.round(spec.limits.cpus * 1e9),
      Ulimits: [{ Name: 'nofile', Soft: 4096, Hard: 4096 }],
      Init: true,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** The function's variables and ours, which win. */
function environment({ release }: StartRequest): string[] {
  const variables = {
    ...release.spec.env,
    PORT: String(release.spec.port),
    FAASO_FUNCTION: release.function,
    FAASO_REVISION: release.revision,
    FAASO_RELEASE: String(release.number),
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

/**
 * Mode 1777 lets any user of the image write; without capabilities not even its root could write to another's
 * folder. What is written counts towards the memory limit.
 */
function writableMounts({ writable, limits }: ContainerSpec): Record<string, string> {
  const options = `rw,noexec,nosuid,nodev,size=${limits.tmpBytes},mode=1777`;
  return Object.fromEntries([...writable, '/tmp'].map((path) => [path, options]));
}
