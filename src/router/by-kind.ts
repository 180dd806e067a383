import type { FunctionName, InstanceId } from '../core/names.ts';
import type { RouterSettings } from '../core/specs.ts';
import type { Router, RouterStatus, RouteTable } from './router.ts';
import { Status } from './status.ts';

type Kind = RouterSettings['kind'];

export interface Kinds {
  create(kind: Kind): Router;
  /** Which kind served last; `undefined`: nothing did. */
  last(): Promise<Kind | undefined>;
  /** Rejects with the reason why that kind cannot serve here. */
  check(settings: RouterSettings): Promise<void>;
}

/** The router of the kind that its settings name. The one before stops when another kind takes its address. */
export function createRouterByKind(kinds: Kinds): Router {
  return new RouterByKind(kinds);
}

class RouterByKind implements Router {
  readonly #kinds: Kinds;
  readonly #state = new Status();
  #current: { readonly kind: Kind; readonly router: Router } | undefined;
  #unsubscribe: () => void = () => undefined;
  #served: { readonly settings: RouterSettings; readonly table: RouteTable } | undefined;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
  }

  get kind(): Router['kind'] {
    return this.#current?.router.kind ?? 'builtin';
  }

  async start(settings: RouterSettings, table: RouteTable): Promise<void> {
    const before = this.#current?.kind ?? (await this.#kinds.last());
    if (before !== settings.kind) await this.#kinds.check(settings);
    const old = before === undefined || before === settings.kind ? undefined : this.#of(before);
    const served = this.#served;
    if (old !== undefined) {
      this.#unsubscribe();
      await old.close('stop');
      this.#current = undefined;
    }
    try {
      await this.#of(settings.kind).start(settings, table);
      this.#served = { settings, table };
    } catch (error) {
      // Nothing that runs is lost because another kind cannot take its place.
      if (old !== undefined && served !== undefined) {
        this.#drop();
        await this.#of(served.settings.kind).start(served.settings, table);
      }
      throw error;
    }
  }

  async resume(): Promise<boolean> {
    const kind = await this.#kinds.last();
    return kind === undefined ? false : await this.#of(kind).resume();
  }

  async setTable(table: RouteTable): Promise<void> {
    if (this.#served !== undefined) this.#served = { ...this.#served, table };
    await (await this.#any()).setTable(table);
  }

  async drain(instance: InstanceId, deadlineMs: number): Promise<void> {
    await (await this.#any()).drain(instance, deadlineMs);
  }

  async inFlight(): Promise<Readonly<Record<FunctionName, number>>> {
    return await (await this.#any()).inFlight();
  }

  status(): RouterStatus {
    return this.#state.current;
  }

  onStatus(listener: (status: RouterStatus) => void): () => void {
    return this.#state.subscribe(listener);
  }

  async close(mode: 'leave' | 'stop'): Promise<void> {
    await (await this.#any()).close(mode);
  }

  async #any(): Promise<Router> {
    return this.#current?.router ?? this.#of((await this.#kinds.last()) ?? 'builtin');
  }

  #of(kind: Kind): Router {
    if (this.#current?.kind === kind) return this.#current.router;
    this.#drop();
    const router = this.#kinds.create(kind);
    this.#unsubscribe = router.onStatus((status) => this.#state.set(status));
    this.#current = { kind, router };
    return router;
  }

  #drop(): void {
    this.#unsubscribe();
    this.#current = undefined;
  }
}
