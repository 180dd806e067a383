import { createHash } from 'node:crypto';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/hash.ts';
import type { BuildRequest, BuildResult, ImageInfo } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { isManaged } from '../labels.ts';

/** Images of the engine in memory. */
export interface MemoryImages {
  readonly byReference: (reference: string) => ImageInfo | undefined;
  readonly all: () => readonly ImageInfo[];
  /** Tags new content; equal `content` gives an equal id. */
  readonly add: (reference: string, content: string, labels: Labels) => ImageInfo;
  readonly build: (
    request: BuildRequest,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ) => Promise<BuildResult>;
  /** As the contract says; `inUse` tells whether a container needs the image. */
  readonly remove: (reference: string, inUse: (imageId: string) => boolean) => void;
  readonly failNextBuild: (details: readonly string[]) => void;
}

/** Makes an empty store. Times are the clock's. */
export function createMemoryImages(clock: Clock): MemoryImages {
  const images = new Map<string, ImageInfo>();
  let failure: readonly string[] | undefined;

  const byReference = (reference: string): ImageInfo | undefined =>
    images.get(reference) ?? [...images.values()].find(({ tags }) => tags.includes(withTag(reference)));

  const untag = (tag: string): void => {
    for (const image of images.values()) {
      if (image.tags.includes(tag))
        images.set(image.id, { ...image, tags: image.tags.filter((item) => item !== tag) });
    }
  };

  const add = (reference: string, content: string, labels: Labels): ImageInfo => {
    const tag = withTag(reference);
    const identity = createHash('sha256')
      .update(canonicalJson([content, labels]))
      .digest('hex');
    const id = `sha256:${identity}`;
    untag(tag);
    const known = images.get(id) ?? {
      id,
      tags: [],
      labels,
      sizeBytes: content.length,
      createdAt: clock.now(),
      identity,
    };
    const image = { ...known, tags: [...known.tags, tag] };
    images.set(id, image);
    return image;
  };

  return {
    byReference,
    all: () => [...images.values()],
    add,
    async build(request, onLine, signal) {
      const hash = createHash('sha256').update(canonicalJson(request.args));
      for await (const chunk of request.context) hash.update(chunk);
      signal.throwIfAborted();
      if (failure !== undefined) {
        const details = failure;
        failure = undefined;
        throw new FaasoError('build-failed', `the image ${request.tag} could not be built`, { details });
      }
      const before = new Set(images.keys());
      const { id } = add(request.tag, hash.digest('hex'), request.labels);
      onLine(`built ${request.tag}`);
      return { imageId: id, cached: before.has(id) };
    },
    remove(reference, inUse) {
      const image = byReference(reference);
      if (image === undefined || !isManaged(image.labels)) return;
      // An engine refuses to remove by id what has several tags.
      if (reference === image.id && image.tags.length > 1) return;
      const left = image.tags.filter((tag) => tag !== withTag(reference) && reference !== image.id);
      if (left.length > 0) images.set(image.id, { ...image, tags: left });
      else if (!inUse(image.id)) images.delete(image.id);
    },
    failNextBuild(details) {
      failure = details;
    },
  };
}

function withTag(reference: string): string {
  return /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`;
}
