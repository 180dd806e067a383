import type { Outcome } from '../../src/core/events.ts';

/** A version of a function `sum` that is served at `/sum`. */
export const sum = (version: string): { version: string; routes: string[] } => ({
  version,
  routes: ['/sum'],
});

/** The outcome, which must be a failure. */
export function failed(outcome: Outcome | undefined): Extract<Outcome, { kind: 'failed' }> {
  if (outcome?.kind !== 'failed') throw new Error(`it is ${outcome?.kind ?? 'missing'}`);
  return outcome;
}
