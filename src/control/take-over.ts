/** The take-over of what runs, which waits for nobody. */
import { errorData, toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Router } from '../router/router.ts';
import { untilDone } from './until-done.ts';

/** A router that has to be started takes a second on a busy machine. */
const ROUTED_MS = 5000;
const RETRIES = { firstMs: 1000, lastMs: 30_000 };

export interface TakeOverParts {
  readonly takeOver: () => Promise<void>;
  readonly router: Router;
  readonly emit: Emit;
  /** Ends the trying. */
  readonly signal: AbortSignal;
}

/**
 * A take-over that goes on by itself: tells what is in the way, and tries again where time may mend that. Resolves
 * when the router serves what is applied, when something is in the way, or after {@link ROUTED_MS}.
 */
export async function beginTakeOver(parts: TakeOverParts): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe = (): void => undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ROUTED_MS);
    unsubscribe = parts.router.onStatus(({ kind }) => kind === 'serving' && resolve());
    void takeOverInTime(parts, resolve).then(resolve);
  });
  clearTimeout(timer);
  unsubscribe();
}

async function takeOverInTime(
  { takeOver, emit, signal }: TakeOverParts,
  onTrouble: () => void,
): Promise<void> {
  let told = '';
  const tell = (error: FaasoError): void => {
    onTrouble();
    if (signal.aborted || error.message === told) return;
    told = error.message;
    emit({ kind: 'failure', error: errorData(error) });
  };
  await untilDone(takeOver, RETRIES, signal, tell).catch((error: unknown) => tell(toFaasoError(error)));
}
