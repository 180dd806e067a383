/** Reads the router's access log: its earlier part, then the file that is written now. */
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { AccessLogLine } from '../core/access.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { openStore } from '../reconcile/store.ts';
import type { AccessLogReader, AccessLogRequest } from './api.ts';
import { unknownFunction } from './logs.ts';

const POLL_MS = 200;

export async function readAccessLog(
  paths: ProjectPaths,
  request: AccessLogRequest,
  { onLine, onOff }: AccessLogReader,
  signal: AbortSignal,
): Promise<void> {
  const applied = (await openStore(paths)).read();
  const functions = Object.values(applied?.functions ?? {}).map(({ current }) => current);
  const known = functions.map((item) => item.function as string);
  for (const name of request.names) if (!known.includes(name)) throw unknownFunction(name, known);
  const isOn =
    applied?.router.accessLog === true ||
    functions.some(({ routes }) => routes.some((route) => route.accessLog === true));
  if (!isOn) onOff(applied?.router.kind ?? 'builtin');

  const log = new LogFile(paths.accessLog);
  const first = (await log.everything()).filter((line) => isWanted(line, request));
  for (const line of request.tail === undefined
    ? first
    : first.slice(first.length - Math.min(first.length, request.tail)))
    onLine(line.data);
  while (request.follow && !signal.aborted) {
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    for (const line of await log.news()) if (isWanted(line, request)) onLine(line.data);
  }
}

interface Line {
  readonly text: string;
  readonly data: AccessLogLine;
}

function isWanted({ text, data }: Line, { names, since, grep }: AccessLogRequest): boolean {
  if (since !== undefined && Date.parse(data.time) < since) return false;
  if (grep?.test(text) === false) return false;
  return (
    names.length === 0 || ('function' in data && data.function !== null && names.includes(data.function))
  );
}

/** A log that is copied to its earlier part and emptied when it is long, while it is read. */
class LogFile {
  readonly #path: string;
  #at = 0;
  /** The beginning of a line whose rest is not written yet. */
  #partial = '';

  constructor(path: string) {
    this.#path = path;
  }

  async everything(): Promise<readonly Line[]> {
    const earlier = await readFrom(`${this.#path}.1`, 0);
    return [...this.#lines(earlier?.bytes), ...(await this.news())];
  }

  async news(): Promise<readonly Line[]> {
    const now = await readFrom(this.#path, this.#at);
    if (now === undefined) return [];
    if (now.size >= this.#at) {
      this.#at += now.bytes.length;
      return this.#lines(now.bytes);
    }
    // The earlier part is what was here: its end may not have been read yet.
    const rest = await readFrom(`${this.#path}.1`, this.#at);
    this.#at = 0;
    return [...this.#lines(rest?.bytes), ...(await this.news())];
  }

  #lines(bytes: Buffer | undefined): readonly Line[] {
    const texts = (this.#partial + (bytes?.toString('utf8') ?? '')).split('\n');
    this.#partial = texts.pop() ?? '';
    return texts.flatMap(parsed);
  }
}

/** A line that was torn when the disk was full is left out. */
function parsed(text: string): readonly Line[] {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && 'time' in data
      ? [{ text, data: data as AccessLogLine }]
      : [];
  } catch {
    return [];
  }
}

async function readFrom(
  path: string,
  at: number,
): Promise<{ readonly size: number; readonly bytes: Buffer } | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - at));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    return { size, bytes: bytes.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
