import { FaasoError } from '../../core/errors.ts';
import type { StartRequest } from '../engine.ts';
import { GVISOR_RUNTIME } from '../engine.ts';
import type { Connection } from './connection.ts';
import { engineInfo } from './info.ts';

/** Rejects with `isolation-missing` when the engine cannot isolate a function as it asks for. */
export async function assertIsolation(connection: Connection, { release }: StartRequest): Promise<void> {
  if (release.spec.isolation !== 'gvisor') return;
  const { name, runtimes } = await engineInfo(connection);
  if (runtimes.includes(GVISOR_RUNTIME)) return;
  throw new FaasoError(
    'isolation-missing',
    `${name} has no gVisor: its runtimes are ${runtimes.filter((runtime) => !runtime.includes('.')).join(', ')}`,
    {
      hint: `install gVisor (https://gvisor.dev/docs/user_guide/install/), register it with "sudo ${GVISOR_RUNTIME} install", reload the engine with "sudo systemctl reload docker" and apply again; or leave isolation: gvisor out`,
    },
  );
}
