import { writeSync } from 'node:fs';

const STDERR = 2;
/** A piece of a line was written, and then the disk was full. */
let isTorn = false;

/**
 * One JSON line on stderr, which the log file is connected to. Times are UTC. What cannot be written is dropped: it must not
 * become an error that would be logged.
 */
export function log(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const at = new Date().toISOString();
  const line = Buffer.from(
    `${isTorn ? '\n' : ''}${JSON.stringify({ at, part: 'router', message, ...fields })}\n`,
  );
  try {
    isTorn = writeSync(STDERR, line) < line.length;
  } catch {
    // Nobody could be told.
  }
}

/** Keeps what anything else writes from ending in an error, too. */
export function dropUnwritable(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** An error as fields of a log line. */
export function errorFields(error: unknown): Record<string, unknown> {
  return error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
}
