import { spawnSync } from 'node:child_process';

import { systemClock } from '../../core/clock.ts';
import { workingFolder } from '../../core/command.ts';
import type { Input, Io, Sink } from '../io.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The real process as {@link Io}. */
export function createIo(host: NodeJS.Process): Io {
  const gone = new AbortController();
  return {
    input: createInput(host),
    out: createSink(host.stdout, () => gone.abort()),
    err: createSink(host.stderr, () => undefined),
    env: host.env,
    cwd: workingFolder(),
    readerGone: gone.signal,
    now: () => systemClock.now(),
    every(ms, tick) {
      const timer = setInterval(tick, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
    onResize(listener) {
      host.stdout.on('resize', listener);
      return () => host.stdout.off('resize', listener);
    },
    onSignal(listener) {
      for (const signal of SIGNALS) host.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) host.off(signal, listener);
      };
    },
    exit: (code) => host.exit(code),
  };
}

/** Resolves when everything that was written has left this process. */
export async function flush(host: NodeJS.Process): Promise<void> {
  for (const stream of [host.stdout, host.stderr]) {
    if (!stream.writable) continue;
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

/** Node opens its standard input when it is first looked at: for most verbs never. */
function createInput(host: NodeJS.Process): Input {
  return {
    get isTTY() {
      return Boolean(host.stdin.isTTY);
    },
    bytes: () => host.stdin as AsyncIterable<Uint8Array>,
    setRaw(raw) {
      if (!host.stdin.isTTY) return;
      host.stdin.setRawMode(raw);
      // Node goes on putting a carriage return before each line feed, which draws full-screen programs askew.
      if (raw) spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    },
  };
}

function createSink(stream: NodeJS.WriteStream, onGone: () => void): Sink {
  let gone = false;
  // EPIPE: the reader has seen enough. Whatever else breaks a stream, there is nowhere to tell of it.
  stream.on('error', () => {
    gone = true;
    onGone();
  });
  return {
    // undefined where it is no terminal, whatever the types say.
    isTTY: Boolean(stream.isTTY),
    get columns() {
      return stream.isTTY ? stream.columns || undefined : undefined;
    },
    get rows() {
      return stream.isTTY ? stream.rows || undefined : undefined;
    },
    write(text) {
      if (!gone) stream.write(text);
    },
    async writeBytes(data) {
      if (gone || stream.write(data)) return;
      await new Promise<void>((resolve) => {
        const ready = (): void => {
          for (const name of ['drain', 'error', 'close']) stream.off(name, ready);
          resolve();
        };
        for (const name of ['drain', 'error', 'close']) stream.once(name, ready);
      });
    },
  };
}
