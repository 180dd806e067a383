import type { ImageInfo as ListedImage, ImageInspectInfo } from 'dockerode';

import { hashOf } from '../../core/hash.ts';
import type { ImageInfo, ImageSummary, Selector } from '../engine.ts';
import { isManaged, selectorPairs } from '../labels.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { unless } from './errors.ts';

const ABSENT = [404];
const ABSENT_OR_IN_USE = [404, 409];

/** `undefined` when the engine has no such image. `reference` may be an id. */
export async function findImage(connection: Connection, reference: string): Promise<ImageInfo | undefined> {
  const image = await unless(
    ABSENT,
    connection.call('inspect an image', (docker) => docker.getImage(reference).inspect()),
  );
  return image === undefined ? undefined : toInfo(image);
}

/** Images with our labels. One call, however many there are. */
export async function listImages(
  connection: Connection,
  selector: Selector,
): Promise<readonly ImageSummary[]> {
  const listed = await connection.call('list the images', (docker, abortSignal) =>
    docker.listImages({ filters: { label: [...selectorPairs(selector)] }, abortSignal }),
  );
  return listed.map(toSummary);
}

/** Removes the tag of an image that faaso built; of others nothing is removed. */
export async function removeImage(connection: Connection, reference: string): Promise<void> {
  const image = await findImage(connection, reference);
  if (image === undefined || !isManaged(image.labels)) return;
  await unless(
    ABSENT_OR_IN_USE,
    connection.call(
      'remove an image',
      // Untagged parents may be somebody else's.
      (docker, abortSignal) => docker.getImage(reference).remove({ noprune: true, abortSignal }),
      SLOW_DEADLINE_MS,
    ),
  );
}

function toSummary(image: ListedImage): ImageSummary {
  return {
    id: image.Id,
    // How the list of 20.10 says that there is none.
    tags: (nullable(image.RepoTags) ?? []).filter((tag) => tag !== '<none>:<none>'),
    labels: nullable(image.Labels) ?? {},
    sizeBytes: image.Size,
    createdAt: image.Created * 1000,
  };
}

function toInfo(image: ImageInspectInfo): ImageInfo {
  return {
    id: image.Id,
    tags: nullable(image.RepoTags) ?? [],
    labels: nullable(image.Config.Labels) ?? {},
    sizeBytes: image.Size,
    createdAt: Date.parse(image.Created),
    identity: identityOf(image),
  };
}

/** What a build on top of the image, or a container of it, can see. Labels that say when or from where it was made cannot be. */
function identityOf({ RootFS, Config: config, Architecture }: ImageInspectInfo): string {
  return hashOf({
    layers: RootFS.Layers,
    architecture: Architecture,
    env: filled(config.Env),
    cmd: filled(config.Cmd),
    entrypoint: filled(config.Entrypoint),
    user: filled(config.User),
    workingDir: filled(config.WorkingDir),
    exposedPorts: filled(config.ExposedPorts),
    volumes: filled(config.Volumes),
    onBuild: filled(config.OnBuild),
    labels: filled(
      Object.fromEntries(
        Object.entries(nullable(config.Labels) ?? {}).filter(
          ([key]) => !key.startsWith('org.opencontainers.image.') && !key.startsWith('org.label-schema.'),
        ),
      ),
    ),
  });
}

/** Engines write nothing as `null`, as an empty value or not at all. */
function filled(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (typeof value === 'object' && Object.keys(value).length === 0) return undefined;
  return value;
}

/** The library's types do not know that the engine may send `null`. */
function nullable<T>(value: T): T | null | undefined {
  return value;
}
