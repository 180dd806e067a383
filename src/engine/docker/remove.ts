import type { InstanceId } from '../../core/names.ts';
import type { Connection } from './connection.ts';
import { inspectManaged } from './instances.ts';
import { removeSecrets, SECRETS_FOLDER } from './secrets.ts';
import { removeContainer } from './stop.ts';

/** Removes an instance of faaso and its secrets, and nothing else. */
export async function removeInstance(connection: Connection, id: InstanceId): Promise<void> {
  const container = await inspectManaged(connection, id);
  if (container === undefined) return;
  await removeContainer(connection, id);
  for (const { Type, Name, Destination } of container.Mounts) {
    if (Type === 'volume' && Name !== undefined && Destination === SECRETS_FOLDER)
      await removeSecrets(connection, Name);
  }
}
