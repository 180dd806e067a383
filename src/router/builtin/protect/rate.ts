import type { RateLimit } from '../../../core/specs.ts';

/** Whose calls are remembered at most; those that called longest ago are forgotten first. */
const MAX_KEYS = 10_000;

/**
 * Counts calls by the generic cell rate algorithm (ITU-T I.371): of each caller one time is kept, when its calls so far
 * would be over if they came evenly.
 */
export class RateCounter {
  private limit: RateLimit;
  /** Milliseconds; the caller that called last is last. */
  private readonly evenAt = new Map<string, number>();

  constructor(limit: RateLimit) {
    this.limit = limit;
  }

  set(limit: RateLimit): void {
    this.limit = limit;
  }

  /** Counts a call at `now` (milliseconds). Returns 0 when it may pass, else after how many milliseconds one may. */
  take(key: string, now: number): number {
    const { requests, perMs, burst } = this.limit;
    const each = perMs / requests;
    const evenAt = Math.max(this.evenAt.get(key) ?? 0, now);
    const early = evenAt - (burst - 1) * each - now;
    // Sums of fractions are not exact.
    if (early > 1e-6) return early;
    this.evenAt.delete(key);
    this.evenAt.set(key, evenAt + each);
    if (this.evenAt.size > MAX_KEYS) this.forget(now);
    return 0;
  }

  get size(): number {
    return this.evenAt.size;
  }

  /** The first of the map called longest ago. */
  private forget(now: number): void {
    for (const [key, evenAt] of this.evenAt) {
      if (evenAt > now && this.evenAt.size <= MAX_KEYS) return;
      this.evenAt.delete(key);
    }
  }
}
