/** The wire between a verb and the daemon: HTTP on a unix socket, long answers as newline-delimited JSON. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { errorFromData, FaasoError } from '../core/errors.ts';
import type { ErrorData } from '../core/errors.ts';
import type { FaasoEvent } from '../core/events.ts';
import type { Listener } from './api.ts';

/** A line of a streamed answer: events, and at the end the answer or an error. */
export type StreamLine =
  | { readonly kind: 'event'; readonly event: FaasoEvent }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'error'; readonly error: ErrorData };

/** Longer than the engine may take for what the daemon asks it before it answers. */
const ANSWER_MS = 30_000;

/** Asks the daemon; rejects with the error that it answered, or with `daemon-unreachable`. */
export async function ask<Answer>(
  socketPath: string,
  method: string,
  path: string,
  timeoutMs = ANSWER_MS,
): Promise<Answer> {
  const response = await send(socketPath, method, path, undefined, AbortSignal.timeout(timeoutMs));
  return (await readAnswer(response, socketPath)) as Answer;
}

/** Asks for something that takes its time; `listener` gets the events. */
export async function askStream<Answer>(
  socketPath: string,
  path: string,
  body: unknown,
  listener: Listener,
  onStarted: () => void = () => undefined,
): Promise<Answer> {
  const response = await send(socketPath, 'POST', path, body);
  // Refused before it began: not a stream.
  if ((response.statusCode ?? 500) >= 400) await readAnswer(response, socketPath);
  onStarted();
  for await (const line of linesOf(response)) {
    const message = JSON.parse(line) as StreamLine;
    switch (message.kind) {
      case 'event':
        listener(message.event);
        break;
      case 'answer':
        return message.answer as Answer;
      case 'error':
        throw errorFromData(message.error);
    }
  }
  throw new FaasoError('daemon-unreachable', 'the daemon ended before it was done', {
    hint: 'what was committed stays; run the command again to bring the rest about',
  });
}

async function readAnswer(response: IncomingMessage, socketPath: string): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  } catch (error) {
    throw unreachable(socketPath, error);
  }
  const data: unknown = JSON.parse(text);
  if ((response.statusCode ?? 500) >= 400) throw errorFromData(data as ErrorData);
  return data;
}

/** The whole lines of an answer; ends where the answer breaks off. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let partial = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (partial + (chunk as string)).split('\n');
      partial = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    // A daemon that was killed resets the connection; whoever reads knows from the missing end.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        method,
        path,
        headers: { host: 'faaso', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    outgoing.on('error', (cause) => reject(unreachable(socketPath, cause)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function unreachable(socketPath: string, cause: unknown): FaasoError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    return new FaasoError('daemon-unreachable', `the daemon on ${socketPath} is another user's`, {
      cause,
      hint: 'run this as the user who started it, or as root',
    });
  }
  return new FaasoError('daemon-unreachable', `the daemon does not answer on ${socketPath}`, {
    cause,
    hint: 'see .faaso/state/daemon.log; "faaso daemon restart" ends it and starts another',
  });
}
