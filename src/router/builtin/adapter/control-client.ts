import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { FaasoError } from '../../../core/errors.ts';
import { Lines } from '../lines.ts';
import type { Answer, CallName, Calls, Hello } from '../protocol.ts';

/** An error that the data plane answered with; `code` is the system's name of it, or empty. */
export class CallFailed extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** One connection to the data plane. */
export class ControlClient {
  readonly hello: Hello;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  private constructor(socket: Socket, hello: Hello, closed: Promise<void>) {
    this.socket = socket;
    this.hello = hello;
    this.closed = closed;
  }

  /** Connects and waits for the greeting. Rejects with the system's error, or with `router-unreachable`. */
  static async open(path: string, timeoutMs: number): Promise<ControlClient> {
    const socket = connect(path);
    socket.setEncoding('utf8');
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    return await new Promise<ControlClient>((resolve, reject) => {
      const lines = new Lines();
      let client: ControlClient | undefined;
      const timer = setTimeout(() => {
        socket.destroy();
        reject(unreachable('did not answer'));
      }, timeoutMs);
      socket.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.on('close', () => {
        clearTimeout(timer);
        reject(unreachable('closed the connection'));
        client?.onClose();
      });
      socket.on('data', (chunk: string) => {
        for (const line of lines.push(chunk)) {
          if (client !== undefined) {
            client.onAnswer(JSON.parse(line) as Answer);
            continue;
          }
          clearTimeout(timer);
          client = new ControlClient(socket, JSON.parse(line) as Hello, closed);
          resolve(client);
        }
      });
    });
  }

  /** Rejects with {@link CallFailed}, or with `router-unreachable` when no answer comes within `timeoutMs`. */
  async call<Name extends CallName>(
    name: Name,
    params: Calls[Name]['params'],
    timeoutMs: number,
  ): Promise<Calls[Name]['result']> {
    const id = ++this.lastId;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Calls[Name]['result']>((resolve, reject) => {
        if (this.socket.destroyed) {
          reject(unreachable('is gone'));
          return;
        }
        timer = setTimeout(() => reject(unreachable('did not answer in time')), timeoutMs);
        this.pending.set(id, { resolve, reject });
        this.socket.write(`${JSON.stringify({ id, call: name, params })}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.pending.delete(id);
    }
  }

  close(): void {
    this.socket.end();
  }

  private onAnswer(answer: Answer): void {
    const pending = this.pending.get(answer.id);
    if (pending === undefined) return;
    if ('error' in answer) pending.reject(new CallFailed(answer.error.code, answer.error.message));
    else pending.resolve(answer.result as never);
  }

  private onClose(): void {
    for (const pending of this.pending.values()) pending.reject(unreachable('is gone'));
    this.pending.clear();
  }
}

function unreachable(what: string): FaasoError {
  return new FaasoError('router-unreachable', `the router's process ${what}`, {
    hint: 'it is started again by itself; `faaso status` shows when it serves',
  });
}
