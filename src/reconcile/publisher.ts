import type { RouterSettings } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { FunctionName } from '../core/names.ts';
import type { RouteEntry, Router, RouteTable, RouteTarget } from '../router/router.ts';
import type { Live } from './live.ts';

/** Says how long a client should wait before it asks a function again that is not ready. */
const RETRY_AFTER_SECONDS = 2;

/** The routes of all applied functions with where they lead now. Pure. */
export function tableEntries(
  applied: Applied | undefined,
  live: ReadonlyMap<FunctionName, Live>,
): RouteEntry[] {
  const entries: RouteEntry[] = [];
  for (const { current } of Object.values(applied?.functions ?? {})) {
    const target = targetOf(live.get(current.function));
    for (const route of current.routes) entries.push({ ...route, target });
  }
  return entries;
}

/** Hands the router a new table whenever routes or targets changed. Tables go out one at a time, the newest last. */
export class Publisher {
  readonly #router: Router;
  readonly #entries: () => RouteEntry[];
  #published: string | undefined;
  #settings: string | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(router: Router, entries: () => RouteEntry[]) {
    this.#router = router;
    this.#entries = entries;
  }

  /** Brings the router up, or moves its listener; nothing happens when it listens so already. */
  listen(settings: RouterSettings): Promise<void> {
    return this.#inTurn(async () => {
      const text = JSON.stringify(settings);
      if (text === this.#settings) return;
      await this.#send((table) => this.#router.start(settings, table));
      this.#settings = text;
    });
  }

  /**
   * Resolves when every new request goes by the routes and targets of this moment, or by later ones. Before
   * {@link listen} there is nobody to tell.
   */
  publish(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#settings === undefined || JSON.stringify(this.#entries()) === this.#published) return;
      await this.#send((table) => this.#router.setTable(table));
    });
  }

  async #send(hand: (table: RouteTable) => Promise<void>): Promise<void> {
    const entries = this.#entries();
    await hand({ entries });
    this.#published = JSON.stringify(entries);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function targetOf(live: Live | undefined): RouteTarget {
  if (live?.target !== undefined) return { kind: 'instance', ...live.target };
  // Callers learn the state, not the reason: that may hold what only the owner should see.
  return { kind: 'unready', reason: live?.state ?? 'starting', retryAfterSeconds: RETRY_AFTER_SECONDS };
}
