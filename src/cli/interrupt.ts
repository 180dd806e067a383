import type { Io } from './io.ts';

export interface Interrupt {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Back to the way signals were. */
  readonly release: () => void;
}

/** The first Ctrl-C (or SIGTERM, SIGHUP) asks: `onFirst`, then an abort. The second ends the process at once. */
export function createInterrupt(io: Io, onFirst: () => void): Interrupt {
  const controller = new AbortController();
  const release = io.onSignal(() => {
    if (controller.signal.aborted) {
      io.exit(130);
      return;
    }
    onFirst();
    controller.abort();
  });
  return { signal: controller.signal, release };
}
