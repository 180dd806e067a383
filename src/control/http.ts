/** The wire between a verb and the daemon: HTTP on a unix socket, long answers as newline-delimited JSON. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

import { errorFromData, FaasoError } from '../core/errors.ts';
import type { ErrorData } from '../core/errors.ts';
import type { FaasoEvent } from '../core/events.ts';
import type { Listener } from './api.ts';

/** A line of a streamed answer: events, and at the end the answer or an error. */
export type StreamLine =
  | { readonly kind: 'event'; readonly event: FaasoEvent }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'error'; readonly error: ErrorData };

const ANSWER_MS = 30_000;

/** Asks the daemon; rejects with the error that it answered, or with `daemon-unreachable`. */
export async function ask<Answer>(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await send(socketPath, method, path, body, AbortSignal.timeout(ANSWER_MS));
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const data: unknown = text === '' ? null : JSON.parse(text);
  if ((response.statusCode ?? 500) >= 400) throw errorFromData(data as ErrorData);
  return data as Answer;
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
  onStarted();
  for await (const line of createInterface({ input: response })) {
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
  throw new FaasoError('daemon-unreachable', 'the daemon ended before the run did', {
    hint: 'what was committed stays; run the command again to bring the rest about',
  });
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
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
    outgoing.on('error', (cause) => {
      const hint = 'see .faaso/state/daemon.log; "faaso daemon restart" starts it anew';
      reject(
        new FaasoError('daemon-unreachable', `the daemon does not answer on ${socketPath}`, { cause, hint }),
      );
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
