import type { Instance, Release } from '../../core/state.ts';
import { onFreePort } from '../free-port.ts';
import type { World } from '../world.ts';

type Parts = Pick<World, 'engine' | 'identity' | 'ports' | 'secrets' | 'store' | 'starts'>;

/**
 * Starts a container of `release` on a free host port, which `onPort` hears of before there is one.
 * Rejects with `secret-missing`, `ports-exhausted` or as the engine's `start`; no container is left behind then.
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
    const secrets = await parts.secrets.values(Object.keys(release.spec.secrets));
    return await onFreePort(parts, range, (port) => {
      onPort(port);
      return parts.engine.start({ project: parts.identity, release, port, attempt, secrets });
    });
  });
}
