import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';

import type { MountSettings } from 'dockerode';
import type { ParsedTarEntryWithData } from 'modern-tar';

import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import { instanceId } from '../../core/names.ts';
import type { StartRequest } from '../engine.ts';
import { helperLabels, LABELS, projectLabels } from '../labels.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { createError, unless } from './errors.ts';
import { parseUser, uidIn } from './image-user.ts';
import { removeContainer } from './stop.ts';

/** No start of an instance lasts as long: every call of it has a deadline. */
export const STALE_MS = 300_000;
const MAX_LINKS = 5;
const PASSWD = '/etc/passwd';

/**
 * A container of a function's image that is never started: through it volumes are filled on an engine that may lie
 * behind any socket, and what the image says of its users is read.
 */
export interface Helper {
  /** The number of the image's user; names are looked up in the image. */
  uid(): Promise<number>;
  /** Unpacks entries into a folder. They keep their owners and modes. */
  put(folder: string, entries: readonly ParsedTarEntryWithData[]): Promise<void>;
}

/** Makes a helper with the mounts, uses it and removes it again, whatever comes of it. */
export async function withHelper<T>(
  connection: Connection,
  { project, release, image = release.image }: StartRequest,
  mounts: readonly MountSettings[],
  use: (helper: Helper) => Promise<T>,
): Promise<T> {
  const created = await connection
    .call(
      'create a container',
      (docker, abortSignal) =>
        docker.createContainer({
          name: `faaso-${project.name}-${release.function}-helper-${randomBytes(4).toString('hex')}`,
          Image: image,
          // An image may have no command at all, and the engine wants one.
          Entrypoint: ['/never-started'],
          Labels: { ...helperLabels(project, release.function) },
          HostConfig: { NetworkMode: 'none', Mounts: [...mounts] },
          abortSignal,
        }),
      SLOW_DEADLINE_MS,
    )
    .catch((error: unknown) => {
      throw createError(image, error);
    });
  const id = instanceId(created.id);
  try {
    return await use({
      uid: () => uidOfImage(connection, id),
      put: (folder, entries) => put(connection, id, folder, entries),
    });
  } finally {
    // One that stays is found by its labels, and is no reason to fail.
    await removeContainer(connection, id).catch(() => undefined);
  }
}

/** Removes helpers of the project that a run left behind when it was killed. */
export async function removeStaleHelpers(
  connection: Connection,
  request: StartRequest,
  now: number,
): Promise<void> {
  const label = [
    `${LABELS.helper}=true`,
    `${LABELS.project}=${projectLabels(request.project)[LABELS.project]}`,
  ];
  const helpers = await connection.call('list the containers', (docker, abortSignal) =>
    docker.listContainers({ all: true, filters: { label }, abortSignal }),
  );
  for (const { Id, Created } of helpers) {
    if (now - Created * 1000 > STALE_MS) await removeContainer(connection, instanceId(Id));
  }
}

/** Whether a helper, of whatever run, holds the volume. */
export async function isHeldByHelper(connection: Connection, volume: string): Promise<boolean> {
  const filters = { label: [`${LABELS.helper}=true`], volume: [volume] };
  const helpers = await connection.call('list the containers', (docker, abortSignal) =>
    docker.listContainers({ all: true, filters, abortSignal }),
  );
  return helpers.length > 0;
}

async function uidOfImage(connection: Connection, id: InstanceId): Promise<number> {
  const container = await connection.call('inspect a container', (docker, abortSignal) =>
    docker.getContainer(id).inspect({ abortSignal }),
  );
  const user = parseUser(container.Config.User);
  if ('uid' in user) return user.uid;
  const uid = uidIn((await readText(connection, id, PASSWD)) ?? '', user.name);
  if (uid !== undefined) return uid;
  throw new FaasoError('start-failed', `the image's user ${user.name} is not in its ${PASSWD}`, {
    hint: 'name the user in the image by its number: USER 1000',
  });
}

async function put(
  connection: Connection,
  id: InstanceId,
  folder: string,
  entries: readonly ParsedTarEntryWithData[],
): Promise<void> {
  // A tar is made for few functions, and takes long to load.
  const { packTar } = await import('modern-tar');
  const tar = Buffer.from(await packTar(entries));
  await connection.call(
    'fill a volume',
    (docker, abortSignal) => {
      const options = { path: folder, noOverwriteDirNonDir: '1', abortSignal };
      return docker.getContainer(id).putArchive(tar, options);
    },
    SLOW_DEADLINE_MS,
  );
}

/** A small file of the container; `undefined` when there is none. */
async function readText(connection: Connection, id: InstanceId, file: string): Promise<string | undefined> {
  const { unpackTar } = await import('modern-tar');
  const ended = new AbortController();
  try {
    let path = file;
    for (let links = 0; links < MAX_LINKS; links += 1) {
      const stream = await unless(
        [404],
        connection.open('read a file of a container', ended.signal, (docker, abortSignal) =>
          docker.getContainer(id).getArchive({ path, abortSignal }),
        ),
      );
      if (stream === undefined) return undefined;
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece);
      const [entry] = await unpackTar(Buffer.concat(pieces));
      if (entry?.header.type !== 'symlink') return Buffer.from(entry?.data ?? []).toString();
      path = posix.resolve(posix.dirname(path), entry.header.linkname ?? '');
    }
    return undefined;
  } finally {
    ended.abort();
  }
}
