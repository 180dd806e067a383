import { randomBytes } from 'node:crypto';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { StartRequest } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { LABELS, parseVolumeLabels, secretsLabels, volumeLabels, volumeName } from '../labels.ts';

export interface MemoryVolume {
  readonly name: string;
  readonly labels: Labels;
  readonly createdAt: number;
  readonly sizeBytes: number;
}

/** Volumes of the engine in memory. */
export interface MemoryVolumes {
  readonly all: () => readonly MemoryVolume[];
  readonly add: (name: string, labels: Labels) => void;
  /** Makes what the request needs and is not there. Returns the names of all of it. */
  readonly prepare: (request: StartRequest) => readonly string[];
  /** Removes it, whosever it is. */
  readonly forget: (name: string) => void;
  /** Removes it if it is ours. */
  readonly remove: (name: string) => void;
  /** Removes those of the names that hold secrets. */
  readonly removeSecrets: (names: readonly string[]) => void;
}

export function createMemoryVolumes(clock: Clock): MemoryVolumes {
  const volumes = new Map<string, MemoryVolume>();
  const add = (name: string, labels: Labels, sizeBytes = 0): void => {
    volumes.set(name, { name, labels, createdAt: clock.now(), sizeBytes });
  };
  const labelsOf = (name: string): Labels => volumes.get(name)?.labels ?? {};

  return {
    all: () => [...volumes.values()],
    add,
    prepare({ project, release, secrets = {} }) {
      const data = Object.keys(release.spec.volumes).map((volume) => {
        const name = volumeName(project, volume);
        const labels = volumeLabels(project, volume);
        const known = volumes.get(name)?.labels;
        if (known === undefined) add(name, labels);
        else if (![LABELS.project, LABELS.volume].every((key) => known[key] === labels[key])) {
          throw new FaasoError(
            'start-failed',
            `the volume ${name} exists and was not made for this project`,
            { hint: `remove it: docker volume rm ${name}` },
          );
        }
        return name;
      });
      const values = Object.values(secrets);
      if (values.length === 0) return data;
      const name = `${volumeName(project, release.function)}-${randomBytes(4).toString('hex')}`;
      add(
        name,
        secretsLabels(project, release.function),
        values.reduce((sum, { length }) => sum + length, 0),
      );
      return [...data, name];
    },
    forget: (name) => void volumes.delete(name),
    remove(name) {
      if (parseVolumeLabels(labelsOf(name)) !== undefined) volumes.delete(name);
    },
    removeSecrets(names) {
      for (const name of names) {
        if (labelsOf(name)[LABELS.secrets] === 'true') volumes.delete(name);
      }
    },
  };
}
