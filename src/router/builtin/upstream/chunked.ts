import { InvalidAnswer } from './response-head.ts';

/** What a decoder hands out. `last` is true with the final piece; it may be empty then. */
export type ChunkSink = (data: Buffer, last: boolean) => void;

const SIZE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const TRAILER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
/** A size line with its extensions, or the whole trailer section, in bytes. */
const MAX_LINE = 4096;
const MAX_TRAILERS = 16_384;
const EMPTY = Buffer.alloc(0);

/**
 * Decodes a chunked body (RFC 9112, 7.1), strictly: CRLF only, sizes of plain hexadecimal digits, chunk
 * extensions ignored. Data is handed out as slices of what came in, without copying.
 */
export class ChunkedDecoder {
  /** Flat pairs; complete when {@link done}. */
  readonly trailers: string[] = [];
  done = false;
  private state: 'size' | 'data' | 'data-end' | 'trailers' = 'size';
  private remaining = 0;
  private line = '';
  private trailerBytes = 0;

  /**
   * Takes the next bytes and returns how many belong to this body: fewer than all only when it is {@link done}.
   * Throws {@link InvalidAnswer}.
   */
  push(chunk: Buffer, sink: ChunkSink): number {
    // The newest piece is held back, so that the very last one can be marked.
    let held: Buffer | undefined;
    let position = 0;
    while (position < chunk.length) {
      if (this.state === 'data') {
        const take = Math.min(this.remaining, chunk.length - position);
        if (held !== undefined) sink(held, false);
        held = chunk.subarray(position, position + take);
        position += take;
        this.remaining -= take;
        if (this.remaining === 0) this.state = 'data-end';
        continue;
      }
      const end = chunk.indexOf(0x0a, position);
      const stop = end === -1 ? chunk.length : end + 1;
      this.line += chunk.toString('latin1', position, stop);
      position = stop;
      if (this.line.length > MAX_LINE) throw new InvalidAnswer('a chunk line is too long');
      if (end === -1) break;
      if (!this.line.endsWith('\r\n')) throw new InvalidAnswer('a chunk line does not end with CRLF');
      const line = this.line.slice(0, -2);
      this.line = '';
      this.takeLine(line);
      if (this.done) {
        sink(held ?? EMPTY, true);
        return position;
      }
    }
    if (held !== undefined) sink(held, false);
    return position;
  }

  private takeLine(line: string): void {
    if (this.state === 'data-end') {
      if (line !== '') throw new InvalidAnswer('a chunk is longer than its size');
      this.state = 'size';
    } else if (this.state === 'size') {
      const size = SIZE.exec(line);
      if (size === null) throw new InvalidAnswer('a chunk size is malformed');
      this.remaining = Number.parseInt(size[1] ?? '', 16);
      this.state = this.remaining === 0 ? 'trailers' : 'data';
    } else if (line === '') {
      this.done = true;
    } else {
      this.trailerBytes += line.length;
      const trailer = TRAILER.exec(line);
      if (trailer === null || this.trailerBytes > MAX_TRAILERS)
        throw new InvalidAnswer('a trailer is malformed');
      this.trailers.push(trailer[1] ?? '', trailer[2] ?? '');
    }
  }
}
