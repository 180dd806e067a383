import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { ContainerSpec } from '../../core/specs.ts';
import type { Instance } from '../../core/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { exitedError, unhealthyError } from '../failure.ts';
import { probe } from '../probe.ts';

const DEPLOY_TIMEOUT_MS = 30_000;
const FIRST_POLL_MS = 50;
const LAST_POLL_MS = 1000;
/** Most functions are up by then: what the probes say before is of no interest to anybody. */
const QUIET_MS = 3000;

/** How long an instance may take until it is healthy: 30 s, or `health.start_period` when that is longer. */
export function deployTimeoutMs(spec: ContainerSpec): number {
  return Math.max(DEPLOY_TIMEOUT_MS, spec.health.startPeriodMs);
}

/**
 * Resolves with the last probe's words when the instance is healthy. Rejects with `instance-exited` as soon as it
 * ends, with `instance-unhealthy` after the deploy timeout. `onWait` hears why it is not healthy yet, once for each
 * answer that is another than the one before.
 */
export async function awaitHealthy(
  parts: { readonly engine: Engine; readonly clock: Clock },
  instance: Instance,
  spec: ContainerSpec,
  signal: AbortSignal,
  onWait: (why: string) => void = () => undefined,
): Promise<string> {
  const { engine, clock } = parts;
  const began = clock.now();
  let pollMs = FIRST_POLL_MS;
  let told = '';
  for (;;) {
    const result = await probe(spec, instance.port, signal);
    if (result.healthy) return result.detail;
    const now = await engine.instance(instance.id);
    if (now === undefined) {
      throw new FaasoError('instance-exited', 'its container was removed by someone else', {
        hint: 'apply again',
      });
    }
    if (now.status.kind === 'exited') throw await exitedError(engine, now, spec.port);
    const waited = clock.now() - began;
    if (waited >= deployTimeoutMs(spec))
      throw await unhealthyError(engine, now, spec.port, waited, result.detail);
    if (waited >= QUIET_MS && result.detail !== told) onWait((told = result.detail));
    await clock.sleep(pollMs, signal);
    pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS);
  }
}
