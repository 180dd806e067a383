import { FaasoError } from '../../core/errors.ts';
import type { Instance, Release } from '../../core/state.ts';
import { onFreePort } from '../free-port.ts';
import type { World } from '../world.ts';

type Parts = Pick<World, 'engine' | 'builder' | 'identity' | 'ports' | 'secrets' | 'store' | 'starts'>;

/**
 * Starts a container of `release` on a free host port, which `onPort` hears of before there is one.
 * Rejects with `secret-missing`, `ports-exhausted` or as the engine's `start`; no container is left behind then. Of the
 * user's image it is the one that was applied, wherever its tag leads by now: what nobody applied never goes live.
 */
export function startInstance(
  parts: Parts,
  release: Release,
  attempt: number,
  onPort: (port: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Instance> {
  // p-queue is not given the signal: it would reject while the engine is starting, and nobody would own the container.
  return parts.starts.add(async () => {
    signal?.throwIfAborted();
    const range = parts.store.read()?.ports;
    if (range === undefined) throw new Error('settings are applied before anything starts');
    const image = await imageOf(parts, release);
    const secrets = await parts.secrets.values(Object.keys(release.spec.secrets));
    return await onFreePort(parts, range, (port) => {
      onPort(port);
      return parts.engine.start({ project: parts.identity, release, image, port, attempt, secrets });
    });
  });
}

async function imageOf({ builder }: Parts, release: Release): Promise<string> {
  if (release.imageId === undefined) return release.image;
  const image = await builder.imageOf(release);
  if (image !== undefined) return image;
  throw new FaasoError('image-missing', `the image ${release.image} that was applied is not on the engine`, {
    hint: `faaso apply ${release.function} deploys the one that has its name now`,
  });
}
