import { request } from 'node:http';

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
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** Bodies beyond this are cut: probes and tests do not need them. */
const BODY_LIMIT = 1024 * 1024;

/**
 * Makes one request on a connection of its own. Rejects with the system's error, or with `TimeoutError`
 * (see {@link explainFailure}).
 */
export function httpCall(call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(call.timeoutMs);
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: call.port,
        method: call.method,
        path: call.path,
        headers: { connection: 'close', ...call.headers },
        agent: false,
        signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          if (size < BODY_LIMIT) chunks.push(chunk);
          size += chunk.length;
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).subarray(0, BODY_LIMIT),
          });
        });
      },
    );
    const fail = (error: Error): void => {
      reject(timeout.aborted ? (timeout.reason as Error) : error);
    };
    outgoing.on('error', fail);
    outgoing.end(call.body);
  });
}

/** What a failed call means, in words: `nothing listens`, `no answer within 1 s`. */
export function explainFailure(
  error: unknown,
  call: { readonly timeoutMs: number },
  containerPort: number,
): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${call.timeoutMs / 1000} s`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return `nothing listens on port ${containerPort} inside the container`;
  // Through Docker's userland proxy a connection is accepted, and then closed, where nobody listens.
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the connection was closed without an answer (does anything listen on port ${containerPort} inside the container?)`;
  }
  return error instanceof Error ? error.message : String(error);
}
