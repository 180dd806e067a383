/** One call of a function's instance on its own port: no daemon, no router and no route is needed. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';

import { FaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { explainFailure } from '../reconcile/http-call.ts';
import type { Invocation, InvokeRequest } from './api.ts';
import { Patience } from './patience.ts';
import { servingInstance } from './serving.ts';
import { version } from './version.ts';

/** A function that no route leads to has no timeout of its own: the default of routes. */
const TIMEOUT_MS = 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Calls the function. Resolves with the head of its answer; the body comes as it is read. Rejects with
 * `function-unknown`, `function-not-running` or `invocation-failed`, and at an abort with the signal's reason.
 */
export async function invoke(
  faaso: Faaso,
  reading: Reading,
  call: InvokeRequest,
  signal: AbortSignal,
): Promise<Invocation> {
  const { release, instance } = await servingInstance(faaso, call.name, reading);
  const timeoutMs =
    (call.timeoutMs ?? Math.max(0, ...release.routes.map((route) => route.timeoutMs))) || TIMEOUT_MS;
  signal.throwIfAborted();
  const given = (name: string): string | undefined =>
    call.headers.find(([key]) => key.toLowerCase() === name)?.[1];
  const requestId = given('x-request-id') ?? randomUUID();
  const outgoing = request({
    host: '127.0.0.1',
    port: instance.port,
    method: call.method,
    path: call.path,
    setHost: false,
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const defaults: readonly (readonly [string, string])[] = [
    ['Host', `127.0.0.1:${instance.port}`],
    ['User-Agent', `faaso/${version()}`],
    ['Accept', '*/*'],
    ['X-Request-Id', requestId],
    ['X-Faaso-Timeout-Ms', String(timeoutMs)],
    ...framing(call.body),
  ];
  for (const [name, value] of defaults)
    if (given(name.toLowerCase()) === undefined) outgoing.setHeader(name, value);
  for (const [name, value] of call.headers) outgoing.appendHeader(name, value);

  const failed = (what: string, error: unknown): FaasoError => {
    if (error instanceof FaasoError) return error;
    return failure(release.function, what, explainFailure(error, { timeoutMs }, release.spec.port), error);
  };
  const patience = new Patience(timeoutMs, () => outgoing.destroy(tooSlow(release.function, timeoutMs)));
  const abort = (): void => void outgoing.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const settled = (): void => {
    patience.stop();
    signal.removeEventListener('abort', abort);
    outgoing.destroy();
  };
  try {
    const incoming = await answerOf(outgoing, call.body, patience);
    return {
      status: incoming.statusCode ?? 0,
      statusText: incoming.statusMessage ?? '',
      headers: pairsOf(incoming.rawHeaders),
      requestId,
      body: bodyOf(incoming, patience, settled, (error) => {
        if (signal.aborted) return signal.reason;
        return failed('broke off its answer', outgoing.errored ?? error);
      }),
    };
  } catch (error) {
    settled();
    throw signal.aborted ? signal.reason : failed('did not answer', error);
  }
}

/** Sends the request; resolves with the head of the answer, while the body may still be on its way. */
function answerOf(
  outgoing: ClientRequest,
  body: InvokeRequest['body'],
  patience: Patience,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // After an answer an error of sending the rest says nothing that the answer does not.
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('it switched to another protocol'));
    });
    outgoing.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    send(outgoing, body, patience).catch(reject);
  });
}

/** The time that a source takes (somebody types) does not count, that of the function does. */
async function send(outgoing: ClientRequest, body: InvokeRequest['body'], patience: Patience): Promise<void> {
  for await (const chunk of body?.bytes ?? []) {
    if (outgoing.destroyed) return;
    patience.start();
    if (!outgoing.write(chunk)) await drained(outgoing);
    patience.stop();
  }
  patience.start();
  outgoing.end();
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
}

async function* bodyOf(
  incoming: IncomingMessage,
  patience: Patience,
  settled: () => void,
  failed: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  // Told by the iteration, when somebody reads.
  incoming.on('error', () => undefined);
  const chunks = (incoming as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Only what the function takes counts, not what whoever reads the answer takes.
      patience.start();
      const next = await chunks.next();
      patience.stop();
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw failed(error);
  } finally {
    settled();
  }
}

/** Said always, because Node would send a body of GET without a word of how long it is. */
function framing(body: InvokeRequest['body']): readonly (readonly [string, string])[] {
  if (body === undefined) return [];
  return body.length === undefined
    ? [['Transfer-Encoding', 'chunked']]
    : [['Content-Length', String(body.length)]];
}

function pairsOf(flat: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}

function tooSlow(name: FunctionName, timeoutMs: number): FaasoError {
  return new FaasoError(
    'invocation-failed',
    `${name} did not answer: nothing came for ${timeoutMs / 1000} s`,
    {
      hint: `--timeout waits longer; what it does meanwhile: faaso logs -f ${name}`,
    },
  );
}

function failure(name: FunctionName, what: string, why: string, cause: unknown): FaasoError {
  return new FaasoError('invocation-failed', `${name} ${what}: ${why}`, {
    cause,
    hint: `its log: faaso logs ${name} --tail 20`,
  });
}
