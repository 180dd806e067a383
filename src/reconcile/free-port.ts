import { FaasoError } from '../core/errors.ts';
import type { PortRange } from '../core/specs.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ports } from './ports.ts';

const TRIES = 20;

/**
 * Starts something on a free host port of the range. A port that another program holds is skipped. Rejects with
 * `ports-exhausted`, or as `start`.
 */
export async function onFreePort<Started>(
  { engine, ports }: { readonly engine: Engine; readonly ports: Ports },
  range: PortRange,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  // Ports of all projects on the engine: a label counts even when its container is stopped.
  const used = new Set((await engine.identities({})).map((identity) => identity.port));
  let last: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = ports.reserve(range, used);
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof FaasoError) || error.code !== 'port-taken') throw error;
      last = error;
      used.add(port);
    } finally {
      ports.settle(port);
    }
  }
  throw new FaasoError(
    'ports-exhausted',
    `${TRIES} ports in a row of ${range.first}-${range.last} were taken by other programs`,
    { cause: last, hint: 'give "ports:" in functions.yml a range that nothing else uses' },
  );
}
