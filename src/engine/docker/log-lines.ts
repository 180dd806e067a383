import { StringDecoder } from 'node:string_decoder';

import type { LogLine } from '../engine.ts';
import { frames } from './frames.ts';

/** A line with the engine's own time: of fixed width and in UTC, so that order of text is order of time. */
export interface StampedLine extends LogLine {
  readonly stamp: string;
}

/** Longer lines are cut into several, so that a function that never ends its line fills no memory. */
const MAX_LINE_CHARS = 1024 * 1024;

/**
 * Splits the engine's multiplexed log stream into lines. Each frame is a message with its own time in front; a
 * message holds at most 16 KiB, so a longer line may be spread over several (and Docker's json-file driver has
 * replaced a character that lay on such a cut before anybody can read it). A last line without an end is given
 * only when `whole` says that the stream is all there is.
 */
export async function* logLines(
  stream: AsyncIterable<Uint8Array>,
  { whole }: { readonly whole: boolean },
): AsyncGenerator<StampedLine> {
  const open = { stdout: new OpenLine('stdout'), stderr: new OpenLine('stderr') };
  for await (const frame of frames(stream)) yield* open[frame.stream].add(frame.data);
  if (!whole) return;
  yield* open.stdout.end();
  yield* open.stderr.end();
}

class OpenLine {
  readonly #stream: LogLine['stream'];
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #stamp: string | undefined;

  constructor(stream: LogLine['stream']) {
    this.#stream = stream;
  }

  *add(message: Buffer): Generator<StampedLine> {
    const space = message.indexOf(0x20);
    this.#stamp ??= message.subarray(0, space).toString('latin1');
    this.#text += this.#decoder.write(message.subarray(space + 1));
    if (this.#text.endsWith('\n') || this.#text.length >= MAX_LINE_CHARS) yield* this.end();
  }

  *end(): Generator<StampedLine> {
    if (this.#stamp === undefined) return;
    const text = (this.#text + this.#decoder.end()).replace(/\r?\n$/, '');
    yield { stream: this.#stream, at: Date.parse(this.#stamp), text, stamp: this.#stamp };
    this.#text = '';
    this.#stamp = undefined;
  }
}
