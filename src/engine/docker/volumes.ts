import type { VolumeInspectInfo } from 'dockerode';

import type { Selector, VolumeSummary } from '../engine.ts';
import { parseVolumeLabels, selectorPairs } from '../labels.ts';
import type { Connection } from './connection.ts';
import { unless } from './errors.ts';

const ABSENT = [404];
const ABSENT_OR_IN_USE = [404, 409];

/** What the engine sends and the library's types leave out. */
type Listed = VolumeInspectInfo & { readonly CreatedAt?: string };

/** Volumes of ours. Two calls, however many there are. */
export async function listVolumes(
  connection: Connection,
  selector: Selector,
): Promise<readonly VolumeSummary[]> {
  const { Volumes: listed } = await connection.call('list the volumes', (docker, abortSignal) =>
    docker.listVolumes({ filters: { label: [...selectorPairs(selector)] }, abortSignal }),
  );
  // How the engine says that there is none.
  const volumes: readonly Listed[] = (listed as Listed[] | null) ?? [];
  if (volumes.length === 0) return [];
  const mounted = await mountedVolumes(connection);
  return volumes.flatMap((volume) => {
    const said = parseVolumeLabels(volume.Labels);
    if (said === undefined) return [];
    const createdAt = Date.parse(volume.CreatedAt ?? '') || 0;
    return [{ ...said, name: volume.Name, inUse: mounted.has(volume.Name), createdAt }];
  });
}

/** Removes a volume that faaso made; of others nothing is removed. */
export async function removeVolume(connection: Connection, name: string): Promise<void> {
  const volume = await inspectVolume(connection, name);
  if (volume === undefined || parseVolumeLabels(volume.Labels) === undefined) return;
  await unless(
    ABSENT_OR_IN_USE,
    connection.call('remove a volume', (docker, abortSignal) =>
      docker.getVolume(name).remove({ abortSignal }),
    ),
  );
}

/** `undefined` when there is none. */
export async function inspectVolume(
  connection: Connection,
  name: string,
): Promise<VolumeInspectInfo | undefined> {
  return unless(
    ABSENT,
    connection.call('inspect a volume', (docker, abortSignal) =>
      docker.getVolume(name).inspect({ abortSignal }),
    ),
  );
}

/** Everybody's containers are looked at: a volume of ours may be lent to one that is not. */
async function mountedVolumes(connection: Connection): Promise<ReadonlySet<string>> {
  const containers = await connection.call('list the containers', (docker, abortSignal) =>
    docker.listContainers({ all: true, abortSignal }),
  );
  return new Set(containers.flatMap(({ Mounts: mounts }) => mounts.flatMap(({ Name }) => Name ?? [])));
}
