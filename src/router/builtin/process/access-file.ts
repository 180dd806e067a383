import { fstat, ftruncate, read, write } from 'node:fs';
import { promisify } from 'node:util';

import type { AccessSink } from '../access/sink.ts';

const [readAt, writeTo, truncate, stat] = [
  promisify(read),
  promisify(write),
  promisify(ftruncate),
  promisify(fstat),
];

/** The log is as long as this, and its earlier part once more. */
const LIMIT_BYTES = 10 * 1024 * 1024;
/** How long lines are collected. */
const BATCH_MS = 200;
/** What waits to be written at most; a disk that is slower loses lines, not memory. */
const MAX_WAITING = 4 * 1024 * 1024;
/** How often a disk that takes nothing is complained of. */
const COMPLAIN_MS = 60_000;
const PIECE = 256 * 1024;

/**
 * Writes the access log in batches, off the path of requests. A log that is long enough is copied to its earlier part and
 * emptied: files can be opened only before privileges are given up. Lines that cannot be written are counted, and the
 * number is written as soon as something can be.
 */
export class AccessFile implements AccessSink {
  private readonly file: number;
  private readonly earlier: number;
  private readonly onTrouble: (error: unknown) => void;
  private readonly limitBytes: number;
  private lines: string[] = [];
  private waiting = 0;
  private lost = 0;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();
  private complainedAt = -Infinity;
  /** A piece of a line was written, and then the disk was full. */
  private isTorn = false;

  constructor(
    file: number,
    earlier: number,
    onTrouble: (error: unknown) => void,
    limitBytes: number = LIMIT_BYTES,
  ) {
    this.file = file;
    this.earlier = earlier;
    this.onTrouble = onTrouble;
    this.limitBytes = limitBytes;
  }

  write(line: string): void {
    if (this.waiting > MAX_WAITING) {
      this.lost++;
      return;
    }
    this.lines.push(line);
    this.waiting += line.length;
    this.timer ??= setTimeout(() => void this.flush(), BATCH_MS).unref();
  }

  /** Resolves when everything so far is written, or lost. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.last = this.last.then(async () => {
      if (this.lines.length > 0) await this.writeBatch();
    });
    await this.last;
  }

  private async writeBatch(): Promise<void> {
    const { lines, lost } = this;
    this.lines = [];
    this.waiting = 0;
    const notice = lost === 0 ? '' : `${JSON.stringify({ time: new Date().toISOString(), lost })}\n`;
    try {
      await this.makeRoom();
      await this.append(Buffer.from(`${this.isTorn ? '\n' : ''}${notice}${lines.join('')}`));
      this.lost -= lost;
    } catch (error) {
      this.lost += lines.length;
      if (performance.now() - this.complainedAt < COMPLAIN_MS) return;
      this.complainedAt = performance.now();
      this.onTrouble(error);
    }
  }

  private async append(bytes: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length)
        written += (await writeTo(this.file, bytes, written, bytes.length - written, null)).bytesWritten;
      this.isTorn = false;
    } catch (error) {
      this.isTorn ||= written > 0;
      throw error;
    }
  }

  private async makeRoom(): Promise<void> {
    const { size } = await stat(this.file);
    if (size < this.limitBytes) return;
    await truncate(this.earlier, 0);
    const piece = Buffer.alloc(PIECE);
    for (let at = 0; at < size;) {
      const { bytesRead } = await readAt(this.file, piece, 0, PIECE, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      for (let from = 0; from < bytesRead;)
        from += (await writeTo(this.earlier, piece, from, bytesRead - from, null)).bytesWritten;
    }
    await truncate(this.file, 0);
  }
}
