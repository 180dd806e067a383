import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { errorCode } from '../core/errors.ts';

/** One request to an instance. */
export interface Call {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Bytes of the body that are waited for; 0: the head is answer enough. Default: 1 MiB. */
  readonly bodyLimit?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Cut at the call's `bodyLimit`. */
  readonly body: Buffer;
}

/** The exchange was not over in the call's `timeoutMs`. */
class CallTimeout extends Error {
  override readonly name = 'TimeoutError';
}

const BODY_LIMIT = 1024 * 1024;

/**
 * Makes one request on a connection of its own, which is closed when this settles. Rejects with the system's error,
 * with `TimeoutError` (see {@link explainFailure}), or with the signal's reason.
 */
export async function httpCall(call: Call): Promise<Answer> {
  const { signal, timeoutMs, port, method, path, headers } = call;
  signal?.throwIfAborted();
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { connection: 'close', ...headers },
    agent: false,
  });
  // Plain timers and listeners: AbortSignal.any() keeps a piece of each call for as long as the outer signal lives.
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      timer = setTimeout(() => reject(new CallTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      outgoing.on('error', reject);
      let answered = false;
      outgoing.on('response', (incoming) => {
        answered = true;
        readAnswer(incoming, call.bodyLimit ?? BODY_LIMIT).then(resolve, reject);
      });
      // After an answer the connection may close before its body was read out here.
      outgoing.on('close', () => {
        if (!answered) reject(closedEarly());
      });
      outgoing.end(call.body);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    outgoing.destroy();
  }
}

async function readAnswer(incoming: IncomingMessage, limit: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Cutting an answer short is no error to anybody.
  incoming.on('error', () => undefined);
  if (limit > 0) {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  }
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).subarray(0, limit),
  };
}

function closedEarly(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}

/** What a failed call means, in words: `nothing listens`, `no answer within 1 s`. */
export function explainFailure(
  error: unknown,
  call: { readonly timeoutMs: number },
  containerPort: number,
): string {
  if (error instanceof CallTimeout) return `no answer within ${call.timeoutMs / 1000} s`;
  const code = errorCode(error);
  if (code === 'ECONNREFUSED') return `port ${containerPort} of the container takes no connection`;
  // Through Docker's userland proxy a connection is accepted, and then closed, where nobody listens.
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the connection was closed without an answer (does anything listen on port ${containerPort} inside the container?)`;
  }
  return error instanceof Error ? error.message : String(error);
}
