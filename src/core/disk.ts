/** What of a project lies on this machine, and what of that nothing needs. */

/** Something of a project that is on this machine and that nothing needs. */
export interface Leftover {
  readonly kind: 'image' | 'container' | 'volume' | 'folder' | 'file';
  /** What it is removed by: an image's tag or id, a container's id, a volume's name, a path. */
  readonly id: string;
  /** As a person would name it. */
  readonly name: string;
  readonly function: string | null;
  readonly reason: LeftoverReason;
  /** Bytes that its removal frees; 0 where that was not measured. Layers that other images share are not counted. */
  readonly bytes: number;
  /** The option of `faaso prune` without which it stays; `null`: it goes in any case. */
  readonly option: '--all' | '--volumes' | null;
}

export type LeftoverReason =
  /** An image of no release that is kept, and not what the files ask for. */
  | 'superseded'
  /** An image that is kept for a rollback. */
  | 'rollback'
  /** An image of what the files say and nobody applied. */
  | 'not-applied'
  /** An image that lost its tag to a later build. */
  | 'untagged'
  /** Made from this folder when the project had another name. */
  | 'former-name'
  /** Of a function that neither the files nor the applied state know. */
  | 'function-gone'
  /** Secrets of an instance that is gone. */
  | 'instance-gone'
  /** An instance of a `faaso test` that is over. */
  | 'test-over'
  /** A container that only filled a volume. */
  | 'helper'
  /** Data that neither the files nor a kept release name. */
  | 'not-named'
  /** Sockets of a project that is gone, with nobody listening. */
  | 'root-gone'
  /** A file that was never renamed into its place. */
  | 'half-written';

export interface PruneFlags {
  /** Also images that are kept for a rollback, of functions that are not applied, and of a former name. */
  readonly all: boolean;
  /** Volumes with data that may go, by the engine's name of them. */
  readonly volumes: readonly string[];
  /** Only says what would go. */
  readonly dryRun: boolean;
}

export interface PruneAnswer {
  readonly project: string;
  readonly dryRun: boolean;
  /** What was removed, or would be. */
  readonly removed: readonly Leftover[];
  /** What the engine kept because a container uses it that somebody else started. */
  readonly inUse: readonly Leftover[];
  /** What nothing needs either, and an option would remove. */
  readonly kept: readonly Leftover[];
  readonly freedBytes: number;
  /** Only told of: nothing of this project removes them. */
  readonly former: readonly FormerVolume[];
}

/** A volume with data that was made from this folder when the project had another name. */
export interface FormerVolume {
  /** The engine's name of it. */
  readonly name: string;
  /** As functions.yml named it. */
  readonly volume: string;
  /** The project's name then. */
  readonly project: string;
}

/** What of the project lies on the engine's disk. */
export interface DiskAnswer {
  readonly project: string;
  /** Sorted by name; those of which only images are left too. */
  readonly functions: readonly FunctionDisk[];
  /** Volumes with data, sorted by name. */
  readonly volumes: readonly VolumeDisk[];
  /** Of a former name of the project; not counted in the sums. */
  readonly former: readonly FormerVolume[];
  /** Of all this; layers that several images share are not counted. */
  readonly totalBytes: number;
  /** What `faaso prune` would remove, and with each of its options more. */
  readonly prunable: readonly {
    readonly option: Leftover['option'];
    readonly count: number;
    readonly bytes: number;
  }[];
}

export interface FunctionDisk {
  readonly name: string;
  readonly images: {
    readonly count: number;
    /** With the layers that they share among each other and with other images. */
    readonly bytes: number;
    /** What they alone take. */
    readonly uniqueBytes: number;
  };
  /** What its containers wrote outside of volumes. */
  readonly writtenBytes: number;
  /** Volumes that its container mounts, as functions.yml names them. */
  readonly volumes: readonly string[];
}

export interface VolumeDisk {
  /** As functions.yml names it. */
  readonly volume: string;
  /** The engine's name of it. */
  readonly name: string;
  readonly bytes: number;
  /** Whether a container mounts it. */
  readonly inUse: boolean;
  /** Whether the files or a kept release name it. */
  readonly named: boolean;
}
