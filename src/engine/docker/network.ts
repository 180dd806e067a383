import type { NetworkConnectOptions, NetworkInspectInfo } from 'dockerode';

import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import type { ProjectIdentity } from '../../core/specs.ts';
import { isManaged, LABELS, networkName, projectLabels } from '../labels.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { unless } from './errors.ts';

/** The bridge network of each project: instances reach the outside and not each other. */
export interface Networks {
  /** Makes the network unless it is there. Rejects when a network of that name is somebody else's. */
  ensure(project: ProjectIdentity): Promise<void>;
  /** Joins a stopped container to the project's network in place of one of the same name that is gone. */
  rejoin(project: ProjectIdentity, container: InstanceId): Promise<void>;
  /** Removes the network; nothing happens when it is absent or in use. */
  remove(project: ProjectIdentity): Promise<void>;
}

export function createNetworks(connection: Connection): Networks {
  const ensuring = new Map<string, Promise<void>>();

  const named = async (name: string): Promise<readonly NetworkInspectInfo[]> => {
    const found = await connection.call('list the networks', (docker, abortSignal) =>
      // The engine matches names by part.
      docker.listNetworks({ filters: { name: [name] }, abortSignal }),
    );
    return found.filter((network) => network.Name === name).sort(byAge);
  };

  const removeById = async (id: string): Promise<void> => {
    const absentOrInUse = [403, 404, 409];
    await unless(
      absentOrInUse,
      connection.call(
        'remove a network',
        (docker, abortSignal) => docker.getNetwork(id).remove({ abortSignal }),
        SLOW_DEADLINE_MS,
      ),
    );
  };

  const ensureNow = async (project: ProjectIdentity): Promise<void> => {
    const name = networkName(project);
    const existing = await named(name);
    assertOurs(existing, project);
    if (existing.length > 0) return;
    const conflict = [409];
    await unless(
      conflict,
      connection.call(
        `create the network ${name}`,
        (docker, abortSignal) =>
          docker.createNetwork({
            Name: name,
            CheckDuplicate: true,
            Driver: 'bridge',
            Options: { 'com.docker.network.bridge.enable_icc': 'false' },
            Labels: { ...projectLabels(project) },
            abortSignal,
          }),
        SLOW_DEADLINE_MS,
      ),
    );
    const [, ...younger] = await named(name);
    // Measured on 20.10: twelve requests at once made twelve networks of one name in spite of CheckDuplicate.
    for (const network of younger) {
      if (isOurs(network, project)) await removeById(network.Id);
    }
  };

  return {
    ensure(project) {
      const pending = ensuring.get(project.name);
      if (pending !== undefined) return pending;
      const started = ensureNow(project).finally(() => ensuring.delete(project.name));
      ensuring.set(project.name, started);
      return started;
    },
    async rejoin(project, container) {
      const network = networkName(project);
      await connection.call('leave a network', (docker, abortSignal) =>
        docker.getNetwork(network).disconnect({ Container: container, Force: true, abortSignal }),
      );
      await connection.call('join a network', (docker, abortSignal) => {
        // The types leave the signal out.
        const options: NetworkConnectOptions & { readonly abortSignal: AbortSignal } = {
          Container: container,
          abortSignal,
        };
        return docker.getNetwork(network).connect(options);
      });
    },
    async remove(project) {
      for (const network of await named(networkName(project))) {
        if (isOurs(network, project)) await removeById(network.Id);
      }
    },
  };
}

function isOurs({ Labels: labels = {} }: NetworkInspectInfo, project: ProjectIdentity): boolean {
  return isManaged(labels) && labels[LABELS.project] === project.name;
}

function assertOurs(networks: readonly NetworkInspectInfo[], project: ProjectIdentity): void {
  const foreign = networks.find((network) => !isOurs(network, project));
  if (foreign === undefined) return;
  throw new FaasoError('engine-error', `the network ${foreign.Name} exists and was not made by faaso`, {
    hint: `remove it (docker network rm ${foreign.Name}) or give the project another name`,
  });
}

function byAge(a: NetworkInspectInfo, b: NetworkInspectInfo): number {
  return a.Created === b.Created ? (a.Id < b.Id ? -1 : 1) : a.Created < b.Created ? -1 : 1;
}
