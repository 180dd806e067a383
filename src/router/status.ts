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
