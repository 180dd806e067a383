import type { DiskUsage, Selector } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { matches, parseInstanceLabels, parseVolumeLabels } from '../labels.ts';
import type { Connection } from './connection.ts';

/** The engine walks through every volume and every container. */
const WALK_DEADLINE_MS = 120_000;

interface Labelled {
  readonly Labels: Labels | null;
}

interface DiskAnswer {
  readonly Images:
    | readonly (Labelled & { readonly Id: string; readonly Size: number; readonly SharedSize: number })[]
    | null;
  /** `SizeRw` is missing where nothing was written. */
  readonly Containers: readonly (Labelled & { readonly Id: string; readonly SizeRw?: number })[] | null;
  readonly Volumes:
    | readonly (Labelled & { readonly Name: string; readonly UsageData?: { readonly Size: number } | null })[]
    | null;
}

/** What of ours lies on the engine's disk. */
export async function diskUsage(connection: Connection, selector: Selector): Promise<DiskUsage> {
  const all = await connection.call(
    'measure its disk',
    (docker, abortSignal) => {
      // The types know neither the options nor the answer.
      const measure = docker.df.bind(docker) as (options: object) => Promise<unknown>;
      return measure({ abortSignal }) as Promise<DiskAnswer>;
    },
    WALK_DEADLINE_MS,
  );
  const ours = <T extends Labelled>(
    things: readonly T[] | null,
  ): readonly (T & { readonly Labels: Labels })[] =>
    (things ?? []).filter(
      (thing): thing is T & { readonly Labels: Labels } =>
        thing.Labels !== null && matches(thing.Labels, selector),
    );
  return {
    images: Object.fromEntries(
      ours(all.Images).map(({ Id, Size, SharedSize }) => [
        Id,
        // -1: not known.
        { sizeBytes: Size, uniqueBytes: Size - Math.max(0, SharedSize) },
      ]),
    ),
    instances: Object.fromEntries(
      ours(all.Containers)
        .filter(({ Labels: labels }) => parseInstanceLabels(labels) !== undefined)
        .map(({ Id, SizeRw = 0 }) => [Id, SizeRw]),
    ),
    volumes: Object.fromEntries(
      ours(all.Volumes)
        .filter(({ Labels: labels }) => parseVolumeLabels(labels) !== undefined)
        .map(({ Name, UsageData }) => [Name, Math.max(0, UsageData?.Size ?? 0)]),
    ),
  };
}
