import type { InstanceId } from '../../core/names.ts';
import type { Connection } from './connection.ts';
import { CALL_DEADLINE_MS, SLOW_DEADLINE_MS } from './connection.ts';
import { statusOf, unless } from './errors.ts';
import { inspectManaged } from './instances.ts';

const STOPPED_OR_ABSENT = [304, 404];
const ABSENT = [404];
const ALREADY_REMOVING = 409;

/** Stops an instance of faaso and nothing else; the engine counts whole seconds, so `graceMs` is rounded up. */
export async function stopInstance(connection: Connection, id: InstanceId, graceMs: number): Promise<void> {
  if ((await inspectManaged(connection, id)) === undefined) return;
  const seconds = Math.ceil(graceMs / 1000);
  await unless(
    STOPPED_OR_ABSENT,
    connection.call(
      'stop a container',
      (docker, abortSignal) => docker.getContainer(id).stop({ t: seconds, abortSignal }),
      seconds * 1000 + SLOW_DEADLINE_MS,
    ),
  );
}

/** Removes a container with its anonymous volumes, and none that has a name; when somebody else is removing it, waits until it is gone. */
export async function removeContainer(connection: Connection, id: InstanceId): Promise<void> {
  try {
    await unless(
      ABSENT,
      connection.call(
        'remove a container',
        (docker, abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
        SLOW_DEADLINE_MS,
      ),
    );
  } catch (error) {
    if (statusOf(error) !== ALREADY_REMOVING) throw error;
    await unless(
      ABSENT,
      connection.call(
        'wait for the removal of a container',
        (docker, abortSignal) => docker.getContainer(id).wait({ condition: 'removed', abortSignal }),
        CALL_DEADLINE_MS,
      ),
    );
  }
}
