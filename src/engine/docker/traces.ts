import type { ContainerInfo, NetworkInspectInfo } from 'dockerode';

import type { Traces } from '../engine.ts';
import { isManaged } from '../labels.ts';
import type { Connection } from './connection.ts';

/** What of ours is on the engine. Two calls, however much there is. */
export async function findTraces(connection: Connection): Promise<Traces> {
  const [containers, networks] = await Promise.all([
    connection.call('list the containers', (docker, abortSignal) =>
      docker.listContainers({ all: true, abortSignal }),
    ),
    connection.call('list the networks', (docker, abortSignal) => docker.listNetworks({ abortSignal })),
  ]);
  const joined = new Set(
    containers.flatMap(({ NetworkSettings: { Networks: all } }) => [
      ...Object.keys(all),
      // A container that was joined by hand says the network's id where its name is not known yet.
      ...Object.values(all).map((network) => network.NetworkID),
    ]),
  );
  return {
    containers: containers.filter(({ Labels: labels }) => isManaged(labels)).map(containerTrace),
    networks: networks
      .filter(({ Labels: labels }) => isManaged(labels ?? {}))
      .map((network) => ({
        ...networkTrace(network),
        inUse: joined.has(network.Name) || joined.has(network.Id),
      })),
    strangers: containers.filter(({ State, Labels }) => State === 'running' && !isManaged(Labels)).length,
  };
}

function containerTrace(container: ContainerInfo): Traces['containers'][number] {
  return {
    id: container.Id,
    name: (container.Names[0] ?? container.Id).replace(/^\//, ''),
    labels: container.Labels,
    running: container.State === 'running',
    published: container.Ports.filter((port) => (port.PublicPort as number | undefined) !== undefined).map(
      ({ IP, PublicPort }) => ({ address: IP, port: PublicPort }),
    ),
    createdAt: container.Created * 1000,
  };
}

function networkTrace({
  Id,
  Name,
  Labels: labels,
  Options: options,
  IPAM: ipam,
  Created,
}: NetworkInspectInfo) {
  const settings: Readonly<Record<string, string>> = options ?? {};
  return {
    name: Name,
    labels: labels ?? {},
    device: settings['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
    gateways: (ipam?.Config ?? []).flatMap((config) => config['Gateway'] ?? []),
    createdAt: Date.parse(Created),
  };
}
