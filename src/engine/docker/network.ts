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
  /**
   * The ids of networks that are no project's own. Rejects with `network-missing` when one is not there, and with
   * `start-failed` when it is a project's, or of a kind that containers cannot share.
   */
  find(names: readonly string[]): Promise<readonly string[]>;
  /** Joins a container that does not run to the networks. */
  join(container: InstanceId, networks: readonly string[]): Promise<void>;
  /** Has a stopped container leave its networks and join those that have their names now. Rejects as {@link find}. */
  rejoin(container: InstanceId): Promise<void>;
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

  const findWith = async (names: readonly string[], check: Check): Promise<readonly string[]> => {
    if (names.length === 0) return [];
    const all = await connection.call('list the networks', (docker, abortSignal) =>
      docker.listNetworks({ abortSignal }),
    );
    const found = names.map((name) => all.find((network) => network.Name === name));
    const missing = names.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) throw networkMissing(missing);
    return found.flatMap((network) => (network === undefined ? [] : [check(network).Id]));
  };

  const join = async (container: InstanceId, networks: readonly string[]): Promise<void> => {
    for (const network of networks) {
      await connection.call('join a network', (docker, abortSignal) => {
        // The types leave the signal out.
        const options: NetworkConnectOptions & { readonly abortSignal: AbortSignal } = {
          Container: container,
          abortSignal,
        };
        return docker.getNetwork(network).connect(options);
      });
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
    find: (names) => findWith(names, shared),
    join,
    async rejoin(container) {
      const { NetworkSettings: settings } = await connection.call(
        'inspect a container',
        (docker, abortSignal) => docker.getContainer(container).inspect({ abortSignal }),
      );
      const names = Object.keys(settings.Networks);
      // One of them is the project's own.
      const networks = await findWith(names, joinable);
      for (const name of names) {
        await connection.call('leave a network', (docker, abortSignal) =>
          docker.getNetwork(name).disconnect({ Container: container, Force: true, abortSignal }),
        );
      }
      await join(container, networks);
    },
    async remove(project) {
      for (const network of await named(networkName(project))) {
        if (isOurs(network, project)) await removeById(network.Id);
      }
    },
  };
}

function networkMissing(names: readonly string[]): FaasoError {
  const [name = ''] = names;
  return new FaasoError(
    'network-missing',
    names.length === 1 ? `there is no network ${name}` : `there are no networks ${names.join(', ')}`,
    {
      hint: `start what makes ${names.length === 1 ? 'it' : 'them'}, as "docker compose up" does, or make one: docker network create ${name}; all that are there: docker network ls`,
    },
  );
}

type Check = (network: NetworkInspectInfo) => NetworkInspectInfo;

/** Networks of the host's own and of a swarm are no place for a container with a port on loopback of its own. */
function joinable(network: NetworkInspectInfo): NetworkInspectInfo {
  const { Name: name, Driver: driver, Scope: scope } = network;
  const reason =
    driver === 'host'
      ? "it is the host's own, and a function must stay apart from the host"
      : driver === 'null'
        ? 'it connects nothing'
        : scope === 'swarm'
          ? 'it belongs to a swarm'
          : undefined;
  if (reason === undefined) return network;
  throw new FaasoError('start-failed', `the network ${name} cannot be joined: ${reason}`, {
    hint: 'name a bridge network of this host: docker network ls --filter driver=bridge',
  });
}

/** The network of a project is its functions' alone: they are reached over its router, by who may. */
function shared(network: NetworkInspectInfo): NetworkInspectInfo {
  const { Name: name, Labels: labels = {} } = network;
  if (!isManaged(labels)) return joinable(network);
  const project = labels[LABELS.project] ?? '';
  throw new FaasoError('start-failed', `the network ${name} cannot be joined: it is ${project}'s own`, {
    hint: 'functions are called over their router; leave it out of "networks:"',
  });
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
