import type { FunctionName, InstanceId } from '../core/names.ts';
import type { RouterSettings } from '../core/specs.ts';
import type { Router, RouterStatus, RouteTable } from './router.ts';
import { Status } from './status.ts';

type Kind = RouterSettings['kind'];

export interface Kinds {
  create(kind: Kind): Router;
  /** What was served last; `undefined`: nothing was. */
  last(): Promise<RouterSettings | undefined>;
  /** Whether that serves still. */
  isUp(): Promise<boolean>;
  /** Rejects with the reason why what `settings` ask for cannot serve here, while `last` still serves. */
  check(settings: RouterSettings, last: RouterSettings | undefined): Promise<void>;
}

/** The router of the kind that its settings name. The one before stops when another kind takes its address. */
export function createRouterByKind(kinds: Kinds): Router {
  return new RouterByKind(kinds);
}

class RouterByKind implements Router {
  readonly #kinds: Kinds;
  readonly #state = new Status();
  #current: { readonly carrier: string; readonly router: Router } | undefined;
  #unsubscribe: () => void = () => undefined;
  #served: RouterSettings | undefined;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
  }

  get kind(): Router['kind'] {
    return this.#current?.router.kind ?? 'builtin';
  }

  async start(settings: RouterSettings, table: RouteTable): Promise<void> {
    const last = this.#served ?? (await this.#kinds.last());
    const other = last === undefined || carrierOf(last) === carrierOf(settings) ? undefined : last;
    if (other !== undefined || last === undefined) await this.#kinds.check(settings, last);
    const isLost = other !== undefined && (this.#served !== undefined || (await this.#kinds.isUp()));
    if (other !== undefined) {
      await this.#of(other).close('stop');
      this.#drop();
    }
    try {
      await this.#of(settings).start(settings, table);
      this.#served = settings;
    } catch (error) {
      // Nothing that runs is lost because another kind cannot take its place.
      if (isLost) {
        this.#drop();
        await this.#of(other).start(other, table);
      }
      throw error;
    }
  }

  async resume(): Promise<boolean> {
    const last = await this.#kinds.last();
    if (last === undefined || !(await this.#of(last).resume())) return false;
    this.#served = last;
    return true;
  }

  async setTable(table: RouteTable): Promise<void> {
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
    return this.#current?.router ?? this.#of((await this.#kinds.last()) ?? { kind: 'builtin' });
  }

  #of(settings: Pick<RouterSettings, 'kind' | 'admin'>): Router {
    const carrier = carrierOf(settings);
    if (this.#current?.carrier === carrier) return this.#current.router;
    this.#drop();
    const router = this.#kinds.create(settings.kind);
    this.#unsubscribe = router.onStatus((status) => this.#state.set(status));
    this.#current = { carrier, router };
    return router;
  }

  #drop(): void {
    this.#unsubscribe();
    this.#current = undefined;
  }
}

/** What carries the traffic: a Caddy of the user's is another one than that which faaso starts. */
function carrierOf({ kind, admin = '' }: Pick<RouterSettings, 'kind' | 'admin'>): string {
  return `${kind} ${admin}`;
}
