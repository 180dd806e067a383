import { StringDecoder } from 'node:string_decoder';

import type { LogLine } from '../engine.ts';

/** Longer lines are cut into several, so that a function that never ends its line fills no memory. */
const MAX_LINE_CHARS = 1024 * 1024;
const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Splits the engine's multiplexed log stream into lines. Each frame is a message with its own time in front; a
 * message holds at most 16 KiB, so a longer line, and any character in it, may be spread over several.
 * Format: https://docs.docker.com/reference/api/engine/ ("Stream format" of attach)
 */
export async function* logLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<LogLine> {
  const open = { stdout: new OpenLine('stdout'), stderr: new OpenLine('stderr') };
  for await (const { isError, payload } of frames(stream)) {
    yield* (isError ? open.stderr : open.stdout).add(payload);
  }
  yield* open.stdout.end();
  yield* open.stderr.end();
}

class OpenLine {
  readonly #stream: LogLine['stream'];
  #decoder = new StringDecoder('utf8');
  #text = '';
  #at: number | undefined;

  constructor(stream: LogLine['stream']) {
    this.#stream = stream;
  }

  *add(message: Buffer): Generator<LogLine> {
    const space = message.indexOf(0x20);
    this.#at ??= Date.parse(message.subarray(0, space).toString('latin1'));
    this.#text += this.#decoder.write(message.subarray(space + 1));
    if (this.#text.endsWith('\n') || this.#text.length >= MAX_LINE_CHARS) yield* this.end();
  }

  *end(): Generator<LogLine> {
    if (this.#at === undefined) return;
    yield {
      stream: this.#stream,
      at: this.#at,
      text: (this.#text + this.#decoder.end()).replace(/\r?\n$/, ''),
    };
    this.#text = '';
    this.#at = undefined;
  }
}

async function* frames(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ isError: boolean; payload: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt32BE(4)) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      yield { isError: rest[0] === STDERR, payload: rest.subarray(HEADER_BYTES, end) };
      rest = rest.subarray(end);
    }
  }
}
