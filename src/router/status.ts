import { FaasoError } from '../core/errors.ts';
import type { RouterStatus } from './router.ts';

/** The router's status, and who wants to hear of its changes. */
export class Status {
  current: RouterStatus = { kind: 'down', reason: 'not started' };
  private readonly listeners = new Set<(status: RouterStatus) => void>();

  set(status: RouterStatus): void {
    const before = this.current;
    this.current = status;
    if (JSON.stringify(before) === JSON.stringify(status)) return;
    for (const listener of this.listeners) listener(status);
  }

  subscribe(listener: (status: RouterStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The status of a router that could not be brought up. */
export function downBecause(error: unknown): RouterStatus & { readonly kind: 'down' } {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof FaasoError ? error.hint : undefined;
  return { kind: 'down', reason, ...(hint === undefined ? {} : { hint }) };
}
