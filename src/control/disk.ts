import type { DiskAnswer, FunctionDisk, Leftover } from '../core/disk.ts';
import { LABELS } from '../engine/labels.ts';
import type { Faaso } from '../faaso.ts';
import { leftovers, namedVolumes } from '../reconcile/leftovers.ts';

import { formerVolumes } from './former-volumes.ts';
import { gatherFacts } from './leftovers.ts';
import type { LeftoverRequest } from './leftovers.ts';

const OPTIONS: readonly Leftover['option'][] = [null, '--all', '--volumes'];

/** What of the project lies on the engine's disk, by function. Rejects where the engine does. */
export async function projectDisk(faaso: Faaso, request: LeftoverRequest): Promise<DiskAnswer> {
  const { name: project } = request.identity;
  const usage = await faaso.engine.diskUsage({ project });
  const facts = await gatherFacts(faaso, { ...request, usage });
  const applied = facts.applied?.functions ?? {};
  const names = new Set<string>([
    ...Object.keys(applied),
    ...facts.images.flatMap((image) => image.labels[LABELS.function] ?? []),
  ]);
  const functions = [...names].sort().map((name): FunctionDisk => {
    const images = facts.images.filter((image) => image.labels[LABELS.function] === name);
    const measured = images.flatMap((image) => usage.images[image.id] ?? []);
    const instances = facts.instances.filter((instance) => instance.function === name);
    return {
      name,
      images: {
        count: images.length,
        bytes: sum(measured.map((item) => item.sizeBytes)),
        uniqueBytes: sum(measured.map((item) => item.uniqueBytes)),
      },
      writtenBytes: sum(instances.map((instance) => usage.instances[instance.id] ?? 0)),
      volumes: Object.keys(applied[name]?.current.spec.volumes ?? {}).sort(),
    };
  });
  const named = namedVolumes(facts);
  const volumes = facts.volumes
    .filter((volume) => volume.kind === 'data')
    .map(({ volume, name, inUse }) => ({
      volume,
      name,
      bytes: usage.volumes[name] ?? 0,
      inUse,
      named: named.has(volume),
    }))
    .sort((a, b) => (a.volume < b.volume ? -1 : 1));
  const left = leftovers(facts);
  const former = await formerVolumes(faaso.engine, request.identity);
  return {
    project,
    former,
    functions,
    volumes,
    totalBytes: sum([
      ...functions.flatMap((item) => [item.images.uniqueBytes, item.writtenBytes]),
      ...volumes.map((item) => item.bytes),
    ]),
    prunable: OPTIONS.map((option) => {
      const items = left.filter((item) => item.option === option);
      return { option, count: items.length, bytes: sum(items.map((item) => item.bytes)) };
    }),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
