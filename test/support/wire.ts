import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A TCP client that collects what it gets, as latin-1 text. It ends with the test. */
export class Wire {
  readonly socket: Socket;
  received = '';
  /** How the connection ended: `no` (not yet), `end` (cleanly), or the code of the error. */
  ended = 'no';
  private readonly waiting = new Set<() => void>();

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    this.socket.on('end', () => {
      if (this.ended === 'no') this.ended = 'end';
      this.wake();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.ended = error.code ?? 'error';
      this.wake();
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  static open(port: number): Wire {
    return new Wire(port);
  }

  send(text: string | Buffer): this {
    if (typeof text === 'string') this.socket.write(text, 'latin1');
    else this.socket.write(text);
    return this;
  }

  /** Resolves when `done` holds; rejects after `ms` with what was received. */
  async until(done: (wire: Wire) => boolean, ms = 5000): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!done(this)) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`not within ${ms} ms; received (${this.ended}): ${this.received.slice(0, 2000)}`));
      }, ms);
      this.waiting.add(check);
      check();
    });
    return this;
  }

  async untilText(text: string | RegExp, ms?: number): Promise<this> {
    return await this.until(
      (wire) => (typeof text === 'string' ? wire.received.includes(text) : text.test(wire.received)),
      ms,
    );
  }

  /** Resolves when the other side has ended the connection. */
  async untilEnd(ms?: number): Promise<this> {
    return await this.until((wire) => wire.ended !== 'no', ms);
  }

  private wake(): void {
    for (const check of this.waiting) check();
  }
}

/** Status codes of the answers in what was received, interim ones too. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((match) => Number(match[1]));
}

/** The first answer's header of that name. */
export function header(received: string, name: string): string | undefined {
  const head = received.slice(0, received.indexOf('\r\n\r\n'));
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
}

/** What follows the first head. */
export function bodyOf(received: string): string {
  return received.slice(received.indexOf('\r\n\r\n') + 4);
}
