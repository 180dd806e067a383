import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import type { Problems } from './problems.ts';
import type { SourceText } from './source.ts';
import { sourceText } from './source.ts';

/** Bytes. No file that a person writes comes near it. */
const MAX_BYTES = 1024 * 1024;
/** Bytes. Most files need one. */
const CHUNK = 8192;

const IS_FOLDER = 'this is a folder, not a file; name the file in it, or put a file in its place';
const NOT_REGULAR = 'this is not a regular file; put a text file in its place';

/** What a failed read says, by the system's code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; put it back, or name another',
  ENOTDIR: 'there is no such file: a part of its path is not a folder',
  EISDIR: IS_FOLDER,
  ELOOP: 'this is a symbolic link that leads back to itself; put a file in its place',
  ENAMETOOLONG: 'the path is too long',
  ENXIO: NOT_REGULAR,
};

/**
 * Reads a file that a user wrote: a regular one, at most 1 MiB, UTF-8 with or without a byte order mark, no
 * control characters but tab and line ends. Returns `undefined` when it was reported to `problems` why not.
 */
export async function readText(
  path: string,
  shown: string,
  problems: Problems,
): Promise<SourceText | undefined> {
  const bytes = await readBytes(path);
  if (typeof bytes === 'string') {
    problems.error(() => ({ file: shown }), bytes);
    return undefined;
  }
  return decode(bytes, shown, problems);
}

/** The file's bytes, or why there are none. Non-blocking, because opening a named pipe would wait for a writer. */
async function readBytes(path: string): Promise<Uint8Array | string> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (stats.isDirectory()) return IS_FOLDER;
      if (!stats.isFile()) return NOT_REGULAR;
      if (stats.size > MAX_BYTES) return tooLong(stats.size);
      const chunks: Uint8Array[] = [];
      for (let length = 0; ;) {
        const chunk = new Uint8Array(CHUNK);
        const { bytesRead } = await handle.read(chunk);
        if (bytesRead === 0) return Buffer.concat(chunks);
        chunks.push(chunk.subarray(0, bytesRead));
        length += bytesRead;
        // A file may grow while it is read.
        if (length > MAX_BYTES) return tooLong(length);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return denied();
    return REASONS[code ?? ''] ?? `the file cannot be read: ${message}`;
  }
}

function denied(): string {
  const user = process.geteuid?.();
  const who = user === undefined ? 'this user' : `user ${user}`;
  return `the file cannot be read: ${who} may not; let it (chmod a+r, and a+x on its folders), or run faaso as its owner`;
}

function tooLong(bytes: number): string {
  return `the file is too long: ${(bytes / MAX_BYTES).toFixed(1)} MiB, and at most 1 MiB is read; is it the right one?`;
}

function decode(bytes: Uint8Array, shown: string, problems: Problems): SourceText | undefined {
  const text = new TextDecoder('utf-8').decode(bytes);
  const source = sourceText(shown, text);
  if (!isUtf8(bytes)) {
    const start = Math.max(0, text.indexOf('\ufffd'));
    problems.error(
      () => ({ source, range: { start, end: start + 1 } }),
      `the file is not UTF-8 text${guess(bytes)}; save it as UTF-8`,
    );
    return undefined;
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\r(?!\n)/.exec(text);
  if (control !== null) {
    const start = control.index;
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    problems.error(
      () => ({ source, range: { start, end: start + 1 } }),
      `the file is not plain text: here is the control character 0x${code}`,
    );
    return undefined;
  }
  return source;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function guess(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return utf16 ? '; it looks like UTF-16' : '';
}
