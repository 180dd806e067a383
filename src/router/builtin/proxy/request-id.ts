import { randomUUID } from 'node:crypto';

const ACCEPTED = /^[A-Za-z0-9._-]{1,128}$/;

/** The client's request id when it may be kept, else a new one. */
export function requestIdOf(received: string | string[] | undefined): string {
  return typeof received === 'string' && ACCEPTED.test(received) ? received : randomUUID();
}
