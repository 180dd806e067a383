/**
 * The daemon in the background: `node main.js FILE [-f OVERLAY]… [--check NAME…]`. Writes its events, a JSON line each,
 * to its log.
 */
import { parseArgs } from 'node:util';

import { errorData } from '../core/errors.ts';
import { checkFirst } from './check.ts';
import { DAEMON_OPTIONS } from './launch.ts';
import type { LaunchMessage } from './launch.ts';
import { serve } from './serve.ts';

const { values, positionals } = parseArgs({ options: DAEMON_OPTIONS, allowPositionals: true });
const [file, ...names] = positionals;
if (file === undefined) throw new Error('usage: main FILE [-f OVERLAY]… [--check NAME…]');
const location = { file, overlays: values.file ?? [], env: process.env };

const tell = (message: LaunchMessage): void => {
  if (process.connected) process.send?.(message);
};
const log = (event: { readonly at: number; readonly [more: string]: unknown }): void => {
  try {
    // A person reads it, beside the router's log.
    const line = { ...event, at: new Date(event.at).toISOString() };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } catch {
    // A full disk: what is logged matters less than what goes on.
  }
};
const logFailure = (error: unknown): void =>
  log({ kind: 'failure', at: Date.now(), error: errorData(error) });

process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
// The terminal that started it may close; the daemon stays.
process.on('SIGHUP', () => undefined);
// Nobody would start it again. What it knows it reads anew at each pass, so one defect spoils no more than one pass.
process.on('uncaughtException', logFailure);
process.on('unhandledRejection', logFailure);
try {
  if (values.check === true) await checkFirst(location, names);
  const serving = await serve(location, { watch: false, mode: 'background' }, log);
  tell({ kind: 'ready' });
  const stop = (): void =>
    void serving
      .stop()
      .catch(logFailure)
      .then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { reason } = await serving.ended;
  log({ kind: 'notice', at: Date.now(), message: reason });
  process.exit(0);
} catch (error) {
  logFailure(error);
  tell({ kind: 'failed', error: errorData(error) });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
