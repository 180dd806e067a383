import type { MountSettings } from 'dockerode';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import { instanceId } from '../../core/names.ts';
import type { Instance } from '../../core/state.ts';
import type { StartRequest } from '../engine.ts';
import { instanceName, NAME_ATTEMPTS } from '../labels.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import type { DataVolumes } from './data-volumes.ts';
import { causeOf, createError, HINT_LOG, isRefusal, statusOf, unless, wordsOf } from './errors.ts';
import { findInstance } from './instances.ts';
import { assertIsolation } from './isolation.ts';
import type { Networks } from './network.ts';
import { createOptions } from './profile.ts';
import { makeSecrets, removeSecrets } from './secrets.ts';
import { removeContainer } from './stop.ts';

const NETWORK_MISSING = 404;

/** What a start needs of the engine. */
export interface StartParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly networks: Networks;
  readonly volumes: DataVolumes;
}

/** Creates and starts a container; what was created is removed again when it does not start, but for data. */
export async function startInstance(parts: StartParts, request: StartRequest): Promise<Instance> {
  const { connection, networks } = parts;
  await assertIsolation(connection, request);
  const others = await networks.find(request.release.spec.networks);
  await networks.ensure(request.project);
  const mounts = [...(await parts.volumes.ensure(request))];
  const secrets = hasSecrets(request) ? await makeSecrets(connection, parts.clock, request) : undefined;
  if (secrets !== undefined) mounts.push(secrets);
  let id: InstanceId | undefined;
  try {
    id = await create(connection, request, mounts);
    await networks.join(id, others);
    await startContainer(connection, id, request.port);
    return await found(connection, id);
  } catch (error) {
    // The reason why it did not start matters more than one why it could not be removed; the next listing shows it.
    if (id !== undefined) await removeContainer(connection, id).catch(() => undefined);
    if (secrets !== undefined) await removeSecrets(connection, secrets.Source).catch(() => undefined);
    throw error;
  }
}

/** Starts one that exited. The engine remembers networks by id, so one that was made anew has to be joined anew. */
export async function startInstanceAgain(
  { connection, networks }: StartParts,
  id: InstanceId,
): Promise<Instance> {
  const instance = await found(connection, id);
  if (instance.status.kind === 'running') return instance;
  await networks.ensure(instance.project);
  try {
    await startContainer(connection, id, instance.port);
  } catch (error) {
    if (statusOf(error) !== NETWORK_MISSING) throw error;
    await networks.rejoin(id);
    await startContainer(connection, id, instance.port);
  }
  return found(connection, id);
}

/** Takes the next attempt's name where one is taken, as by a leftover of a run that was killed. */
async function create(
  connection: Connection,
  request: StartRequest,
  mounts: MountSettings[],
): Promise<InstanceId> {
  const options = createOptions(request, mounts);
  const conflict = [409];
  for (let attempt = request.attempt; attempt < request.attempt + NAME_ATTEMPTS; attempt += 1) {
    const name = instanceName({ ...request, attempt });
    const created = await unless(
      conflict,
      connection
        .call(
          'create a container',
          (docker, abortSignal) => docker.createContainer({ ...options, name, abortSignal }),
          SLOW_DEADLINE_MS,
        )
        .catch((error: unknown) => {
          throw createError(request.image ?? request.release.image, error);
        }),
    );
    if (created !== undefined) return instanceId(created.id);
  }
  throw new FaasoError('start-failed', `no name is free for an instance of ${request.release.function}`, {
    details: [`the first that was tried is ${instanceName(request)}`],
    hint: 'remove leftover containers: docker ps -a --filter label=faaso.managed=true',
  });
}

async function startContainer(connection: Connection, id: InstanceId, port: number): Promise<void> {
  const alreadyStarted = [304];
  try {
    await unless(
      alreadyStarted,
      connection.call(
        'start a container',
        (docker, abortSignal) => docker.getContainer(id).start({ abortSignal }),
        SLOW_DEADLINE_MS,
      ),
    );
  } catch (error) {
    throw startError(port, error);
  }
}

async function found(connection: Connection, id: InstanceId): Promise<Instance> {
  const instance = await findInstance(connection, id);
  if (instance !== undefined) return instance;
  throw new FaasoError('start-failed', 'the container was removed by somebody else while it was started', {
    hint: 'apply again',
  });
}

function startError(port: number, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const words = wordsOf(error);
  // The engine has no code for it: the first is said for ports of its own containers, the second for all others.
  if (/port is already allocated|address already in use/i.test(words)) {
    return new FaasoError('port-taken', `the host port ${port} is in use by another program`, {
      details: [words],
      hint: `see who has it: ss -ltnp "sport = :${port}"`,
      cause: causeOf(error),
    });
  }
  return new FaasoError('start-failed', `the engine could not start the container: ${words}`, {
    hint: HINT_LOG,
    cause: causeOf(error),
  });
}

function hasSecrets({ secrets = {} }: StartRequest): boolean {
  return Object.keys(secrets).length > 0;
}
