import type { Clock } from '../../core/clock.ts';
import { toFaasoError } from '../../core/errors.ts';
import { instanceId } from '../../core/names.ts';
import type { EngineEvent } from '../engine.ts';
import { LABELS, ownerOf } from '../labels.ts';
import type { Connection } from './connection.ts';
import { jsonLines } from './json-lines.ts';

type Change = Extract<EngineEvent, { kind: 'instance' }>['change'];

const CHANGES: Readonly<Record<string, Change>> = {
  create: 'created',
  start: 'started',
  die: 'died',
  oom: 'oom',
  pause: 'paused',
  unpause: 'resumed',
  destroy: 'removed',
};

const FIRST_RETRY_MS = 200;
const RETRY_FACTOR = 1.5;
const LAST_RETRY_MS = 30_000;

/** What happens to instances of faaso, over losses of the engine, until the signal aborts. */
export async function* readEvents(
  connection: Connection,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  let retryMs = FIRST_RETRY_MS;
  let said: 'connected' | 'disconnected' | undefined;
  while (!signal.aborted) {
    const ended = new AbortController();
    let detail = 'the engine ended the stream of events';
    try {
      const stream = await open(connection, AbortSignal.any([signal, ended.signal]));
      said = 'connected';
      retryMs = FIRST_RETRY_MS;
      yield { kind: 'connected' };
      for await (const message of jsonLines(stream)) {
        const event = toEvent(message);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      detail = describe(error);
    } finally {
      ended.abort();
    }
    if (signal.aborted) return;
    if (said !== 'disconnected') yield { kind: 'disconnected', detail };
    said = 'disconnected';
    await clock.sleep(retryMs, signal).catch(() => undefined);
    retryMs = Math.min(retryMs * RETRY_FACTOR, LAST_RETRY_MS);
  }
}

function open(connection: Connection, signal: AbortSignal): ReturnType<Connection['open']> {
  const filters = {
    type: ['container' as const],
    label: [`${LABELS.managed}=true`],
    event: Object.keys(CHANGES),
  };
  // The engine answers before it subscribes; `since` closes that gap. It is compared with the engine's clock, which
  // is this host's and not ours to inject.
  const since = Date.now() / 1000;
  return connection.open('send events', signal, (docker, abortSignal) =>
    docker.getEvents({ filters, since, abortSignal }),
  );
}

function toEvent(message: Readonly<Record<string, unknown>>): EngineEvent | undefined {
  const change = typeof message['Action'] === 'string' ? CHANGES[message['Action']] : undefined;
  const actor = message['Actor'];
  if (change === undefined || typeof actor !== 'object' || actor === null) return undefined;
  if (!('ID' in actor) || typeof actor.ID !== 'string' || !('Attributes' in actor)) return undefined;
  const owner = ownerOf((actor.Attributes ?? {}) as Readonly<Record<string, string>>);
  return owner === undefined ? undefined : { kind: 'instance', id: instanceId(actor.ID), ...owner, change };
}

function describe(error: unknown): string {
  const { message, details } = toFaasoError(error);
  return [message, ...details].join('; ');
}
