import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import { instanceId } from '../../core/names.ts';
import type { Instance } from '../../core/state.ts';
import type { StartRequest } from '../engine.ts';
import { instanceName, NAME_ATTEMPTS } from '../labels.ts';
import type { Connection } from './connection.ts';
import { SLOW_DEADLINE_MS } from './connection.ts';
import { statusOf, unless, wordsOf } from './errors.ts';
import { findInstance } from './instances.ts';
import type { Networks } from './network.ts';
import { createOptions } from './profile.ts';
import { removeContainer } from './stop.ts';

const NETWORK_MISSING = 404;

/** Creates and starts a container; what was created is removed again when it does not start. */
export async function startInstance(
  connection: Connection,
  networks: Networks,
  request: StartRequest,
): Promise<Instance> {
  await networks.ensure(request.project);
  const id = await create(connection, request);
  try {
    await startContainer(connection, id, request.port);
    return await found(connection, id);
  } catch (error) {
    // The reason why it did not start matters more than one why it could not be removed; the next listing shows it.
    await removeContainer(connection, id).catch(() => undefined);
    throw error;
  }
}

/** Starts one that exited. The engine remembers its network by id, so one that was made anew has to be joined anew. */
export async function startInstanceAgain(
  connection: Connection,
  networks: Networks,
  id: InstanceId,
): Promise<Instance> {
  const instance = await found(connection, id);
  if (instance.status.kind === 'running') return instance;
  await networks.ensure(instance.project);
  try {
    await startContainer(connection, id, instance.port);
  } catch (error) {
    if (statusOf(error) !== NETWORK_MISSING) throw error;
    await networks.rejoin(instance.project, id);
    await startContainer(connection, id, instance.port);
  }
  return found(connection, id);
}

/** Takes the next attempt's name where one is taken, as by a leftover of a run that was killed. */
async function create(connection: Connection, request: StartRequest): Promise<InstanceId> {
  const options = createOptions(request);
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
          throw createError(request.release.image, error);
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
  throw new FaasoError('start-failed', 'the container was removed by somebody else while it was started');
}

function createError(image: string, error: unknown): unknown {
  if (!isRefusal(error) || statusOf(error) === 409) return error;
  if (statusOf(error) === 404) {
    return new FaasoError('image-missing', `the image ${image} is not on the engine`, {
      details: [wordsOf(error)],
      hint: 'apply again: it is then built or pulled',
      cause: causeOf(error),
    });
  }
  return new FaasoError('start-failed', `the engine could not create the container: ${wordsOf(error)}`, {
    cause: causeOf(error),
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
    cause: causeOf(error),
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof FaasoError && error.code === 'engine-error';
}

/** The engine's answer itself, which {@link statusOf} reads. */
function causeOf(error: unknown): unknown {
  return error instanceof FaasoError ? error.cause : error;
}
