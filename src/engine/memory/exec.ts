import { once } from 'node:events';
import { PassThrough } from 'node:stream';

import { FaasoError } from '../../core/errors.ts';
import type { ExecRequest, ExecSession } from '../engine.ts';

type Output = ExecSession['output'] extends AsyncIterable<infer Piece> ? Piece : never;

/** What a hook sees of a program that is run in an instance. */
interface FakeProgram {
  /** Its standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  print(stream: Output['stream'], data: Uint8Array): void;
  /** Aborts when the instance ends. */
  readonly signal: AbortSignal;
}

/** Plays a program: its exit code, or `undefined` at once when there is none of that name. */
export type OnExec = (request: ExecRequest, program: FakeProgram) => Promise<number> | undefined;

/** Runs a program until it ends, or `signal` says that its instance did. */
export function runInMemory(
  onExec: OnExec | undefined,
  request: ExecRequest,
  signal: AbortSignal,
): ExecSession {
  const input = new PassThrough();
  const output = new PassThrough({ objectMode: true });
  const print = (stream: Output['stream'], data: Uint8Array): void => {
    if (!output.writableEnded)
      output.write({ stream: request.terminal === undefined ? stream : 'stdout', data });
  };
  const running = onExec?.(request, { input, print, signal });
  if (running === undefined) {
    throw new FaasoError('start-failed', `the container has no program ${request.command[0] ?? ''}`);
  }
  const killed = signal.aborted ? Promise.resolve(137) : once(signal, 'abort').then(() => 137);
  const ended = Promise.race([running, killed]).finally(() => output.end());
  ended.catch(() => undefined);
  return {
    output,
    write: (data) => void (input.writableEnded || input.write(data)),
    end: () => void input.end(),
    resize: async () => undefined,
    exitCode: () => ended,
    close() {
      input.end();
      output.destroy();
    },
  };
}
