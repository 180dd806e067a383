import { posix } from 'node:path';

import type { MountSettings } from 'dockerode';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { StartRequest } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { isManaged, LABELS, volumeLabels, volumeName } from '../labels.ts';
import type { Connection } from './connection.ts';
import { isHeldByHelper, removeStaleHelpers, withHelper } from './helper.ts';
import { inspectVolume, removeVolume } from './volumes.ts';

/**
 * Every user may write to the top folder of a volume, so that functions whose images have different users share
 * one. Without the sticky bit, so that one can replace a file of another's by renaming, and an image whose user
 * changed its own old ones. Only containers that name the volume see it.
 */
const TOP_MODE = 0o777;

/** The volumes that functions.yml names. */
export interface DataVolumes {
  /** Makes those that are not there, and returns how to mount all. Rejects when one is somebody else's. */
  ensure(request: StartRequest): Promise<readonly MountSettings[]>;
}

export function createDataVolumes(connection: Connection, clock: Clock): DataVolumes {
  const preparing = new Map<string, Promise<void>>();

  const ensureOne = async (request: StartRequest, volume: string, target: string): Promise<void> => {
    const name = volumeName(request.project, volume);
    const labels = volumeLabels(request.project, volume);
    const known = await inspectVolume(connection, name);
    if (known !== undefined) assertOurs(name, known.Labels, labels);
    // One that a helper holds was made by a run that is not ready with it, or was killed.
    if (known !== undefined && !(await isHeldByHelper(connection, name))) return;
    try {
      // The helper makes the volume, so that a crash leaves both or none.
      await withHelper(
        connection,
        request,
        [mountOf(name, target, { labels, copy: true })],
        async (helper) => {
          const header = {
            name: `${posix.basename(target)}/`,
            type: 'directory',
            size: 0,
            mode: TOP_MODE,
            uid: await helper.uid(),
            gid: 0,
          } as const;
          await helper.put(posix.dirname(target), [{ header }]);
        },
      );
    } catch (error) {
      if (known === undefined) await removeVolume(connection, name).catch(() => undefined);
      throw error;
    }
    // While one that was killed holds the volume, every start would make it ready anew, with owner and mode.
    if (known !== undefined) await removeStaleHelpers(connection, request, clock.now());
  };

  return {
    async ensure(request) {
      const wanted = Object.entries(request.release.spec.volumes);
      for (const [volume, target] of wanted) {
        const name = volumeName(request.project, volume);
        // One after the other: who finds a volume there may start at once.
        const before = preparing.get(name) ?? Promise.resolve();
        const turn = before.then(() => ensureOne(request, volume, target));
        const settled = turn.catch(() => undefined);
        preparing.set(name, settled);
        void settled.then(() => preparing.get(name) === settled && preparing.delete(name));
        await turn;
      }
      return wanted.map(([volume, target]) => mountOf(volumeName(request.project, volume), target));
    },
  };
}

function assertOurs(name: string, labels: Labels | null, own: Labels): void {
  const same = [LABELS.project, LABELS.volume].every((key) => labels?.[key] === own[key]);
  if (labels !== null && isManaged(labels) && same) return;
  throw new FaasoError('start-failed', `the volume ${name} exists and was not made for this project`, {
    details: ['its contents are left alone'],
    hint: `name the volume otherwise in functions.yml, or remove it: docker volume rm ${name}`,
  });
}

/**
 * What the image has at the path is copied once, when the volume is made: the engine would else set owner and mode
 * of an empty volume anew with every container.
 */
function mountOf(
  name: string,
  target: string,
  { labels = {}, copy = false }: { readonly labels?: Labels; readonly copy?: boolean } = {},
): MountSettings {
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    VolumeOptions: { NoCopy: !copy, Labels: { ...labels }, DriverConfig: { Name: '', Options: {} } },
  };
}
