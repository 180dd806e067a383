/** One JSON line on stderr, which the log file is connected to. Times are UTC. */
export function log(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), part: 'router', message, ...fields })}\n`,
  );
}

/** An error as fields of a log line. */
export function errorFields(error: unknown): Record<string, unknown> {
  return error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
}
