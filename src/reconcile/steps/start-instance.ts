import { FaasoError } from '../../core/errors.ts';
import type { Instance, Release } from '../../core/state.ts';
import type { World } from '../world.ts';

const PORT_TRIES = 20;

type Parts = Pick<World, 'engine' | 'identity' | 'ports' | 'secrets' | 'store' | 'starts'>;

/**
 * Starts a container of `release` on a free host port, which `onPort` hears of before there is one. A port that another program holds is skipped.
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
    return await startOnFreePort(parts, release, attempt, onPort);
  });
}

async function startOnFreePort(
  parts: Parts,
  release: Release,
  attempt: number,
  onPort: (port: number) => void,
): Promise<Instance> {
  const range = parts.store.read()?.ports;
  if (range === undefined) throw new Error('settings are applied before anything starts');
  const secrets = await parts.secrets.values(Object.keys(release.spec.secrets));
  // Ports of all projects on the engine: a label counts even when its container is stopped.
  const used = new Set((await parts.engine.identities({})).map((identity) => identity.port));
  let last: unknown;
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = parts.ports.reserve(range, used);
    onPort(port);
    try {
      return await parts.engine.start({ project: parts.identity, release, port, attempt, secrets });
    } catch (error) {
      if (!(error instanceof FaasoError) || error.code !== 'port-taken') throw error;
      last = error;
      used.add(port);
    } finally {
      parts.ports.settle(port);
    }
  }
  throw new FaasoError(
    'ports-exhausted',
    `${PORT_TRIES} ports in a row of ${range.first}-${range.last} were taken by other programs`,
    {
      cause: last,
      hint: 'give "ports:" in functions.yml a range that nothing else uses',
    },
  );
}
