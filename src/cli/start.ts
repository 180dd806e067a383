import { toFaasoError } from '../core/errors.ts';
import { backend } from './backend.ts';
import { printError } from './render/error.ts';
import { createIo, flush } from './render/process-io.ts';
import { run } from './run.ts';

const LONG_MS = 2 ** 30;

/** Runs the command line of this process, and ends it. */
export async function start(): Promise<void> {
  const io = createIo(process);
  const argv = process.argv.slice(2);
  const broken = (error: unknown): void => {
    printError(io, toFaasoError(error), {
      json: argv.includes('--json'),
      color: !argv.includes('--no-color'),
    });
    process.exit(1);
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
  // Timers that wait for something to happen let a process end that has nothing else to do: a verb has.
  const held = setInterval(() => undefined, LONG_MS);
  const code = await run(argv, io, backend);
  clearInterval(held);
  await flush(process);
  // Not by an empty event loop: a kept-alive socket to the daemon would hold the prompt back.
  process.exit(code);
}
