import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';

import { errorCode } from '../core/errors.ts';
import type { FileEntry } from './entries.ts';
import { contextInvalid } from './invalid.ts';

const CHUNK_BYTES = 256 * 1024;

/** The file's bytes changed between its hash and its use: the context must be made anew. */
export class ContextChanged extends Error {
  constructor(path: string) {
    super(`${path} changed while it was being read`);
    this.name = 'ContextChanged';
  }
}

/**
 * Opens a regular file without following a link at its end. O_NONBLOCK: a FIFO that took its place would
 * block the open otherwise.
 */
async function openFile(
  source: string,
  shown: string,
): Promise<{ handle: FileHandle; size: number; mode: number }> {
  const handle = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw contextInvalid(`${shown} is not a regular file`);
    return { handle, size: stats.size, mode: stats.mode };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a file once, for its size, owner's execute bit (as git does) and hash. `admit` is told of the bytes
 * before they are read and may throw. Never holds more than a chunk.
 */
export async function hashFile(
  source: string,
  shown: string,
  admit: (bytes: number) => void,
): Promise<Pick<FileEntry, 'size' | 'executable' | 'hash'>> {
  const { handle, size: expected, mode } = await openFile(source, shown);
  try {
    admit(expected);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunks(handle, expected)) {
      size += chunk.length;
      if (size > expected) admit(chunk.length);
      hash.update(chunk);
    }
    return { size, executable: (mode & 0o100) !== 0, hash: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** The entry's bytes again; throws {@link ContextChanged} at the latest with the end when they are not the hashed ones. */
export async function* readEntry(entry: FileEntry): AsyncGenerator<Uint8Array> {
  const { handle, size: expected } = await openFile(entry.source, entry.path).catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT' || errorCode(error) === 'ELOOP'
      ? new ContextChanged(entry.path)
      : error;
  });
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunks(handle, expected)) {
      size += chunk.length;
      if (size > entry.size) throw new ContextChanged(entry.path);
      hash.update(chunk);
      yield chunk;
    }
    if (size !== entry.size || hash.digest('hex') !== entry.hash) throw new ContextChanged(entry.path);
  } finally {
    await handle.close();
  }
}

/** Fresh buffers, because what is yielded may wait in a queue. `expected` only sizes them. */
async function* chunks(handle: FileHandle, expected: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, expected + 1));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
