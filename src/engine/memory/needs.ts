import { FaasoError } from '../../core/errors.ts';
import type { StartRequest } from '../engine.ts';
import { GVISOR_RUNTIME } from '../engine.ts';

/** Rejects with `network-missing` unless all networks that the request joins are there. */
export function assertNetworks({ release }: StartRequest, there: ReadonlySet<string>): void {
  const missing = release.spec.networks.filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new FaasoError(
    'network-missing',
    missing.length === 1
      ? `there is no network ${missing.join('')}`
      : `there are no networks ${missing.join(', ')}`,
    { hint: 'all that are there: docker network ls' },
  );
}

/** Rejects with `isolation-missing` unless the engine can isolate as the request asks. */
export function assertIsolation({ release }: StartRequest, runtimes: readonly string[]): void {
  if (release.spec.isolation === 'gvisor' && !runtimes.includes(GVISOR_RUNTIME)) {
    throw new FaasoError(
      'isolation-missing',
      `Memory Engine 1.0.0 has no gVisor: its runtimes are ${runtimes.join(', ')}`,
    );
  }
}
