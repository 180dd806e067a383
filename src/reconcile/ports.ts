import type { Clock } from '../core/clock.ts';
import { FaasoError } from '../core/errors.ts';
import type { PortRange } from '../core/specs.ts';

const REST_MS = 60_000;

/** Chooses host ports. A freed port rests, so that a late packet for the old instance never reaches a new one. */
export class Ports {
  readonly #clock: Clock;
  readonly #freedAt = new Map<number, number>();
  readonly #reserved = new Set<number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Reserves a port of the range that is in nobody's label; prefers ports that are not resting.
   * Rejects with `ports-exhausted`.
   */
  reserve(range: PortRange, used: ReadonlySet<number>): number {
    let resting: number | undefined;
    for (let port = range.first; port <= range.last; port += 1) {
      if (used.has(port) || this.#reserved.has(port)) continue;
      if (this.#clock.now() - (this.#freedAt.get(port) ?? -Infinity) >= REST_MS) return this.#take(port);
      resting ??= port;
    }
    if (resting !== undefined) return this.#take(resting);
    throw new FaasoError('ports-exhausted', `no host port of ${range.first}-${range.last} is free`, {
      hint: 'give "ports:" in functions.yml a larger range, or remove functions',
    });
  }

  /** Ends a reservation: the label of a container holds the port now, or nobody does. */
  settle(port: number): void {
    this.#reserved.delete(port);
  }

  /** Notes that an instance has left the port. */
  freed(port: number): void {
    this.#freedAt.set(port, this.#clock.now());
  }

  #take(port: number): number {
    this.#reserved.add(port);
    return port;
  }
}
