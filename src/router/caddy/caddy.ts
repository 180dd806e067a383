import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { FunctionName, InstanceId } from '../../core/names.ts';
import { recordOf } from '../../core/record.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { assertFree, freePort, listenKey } from '../port-owner.ts';
import type { Router, RouterStatus, RouteTable } from '../router.ts';
import type { Served } from '../routes-file.ts';
import { lastSettings, writeRoutesFile, readRoutesFile } from '../routes-file.ts';
import { downBecause, Status } from '../status.ts';
import { Admin } from './admin.ts';
import type { Tagged } from './admin.ts';
import { checkCaddy } from './binary.ts';
import { externalPlace, unreachable } from './external.ts';
import { Comparison } from './comparison.ts';
import { deaf, isPassing, refused } from './faults.ts';
import { requestsInFlight, untilUnused } from './in-flight.ts';
import type { Json } from './json.ts';
import { newPorts } from './listens.ts';
import type { CaddyRouterOptions } from './options.ts';
import type { Place } from './place.ts';
import { programOf } from './program.ts';
import { addressOf } from './server-config.ts';
import { Starter } from './starter.ts';
import { supervisedPlace } from './supervised.ts';
import { Upstreams } from './upstreams.ts';

/** A Caddy that ended is started again this soon. */
const LOOK_MS = 1000;
/** One that was changed by hand, or that is not ours to start, is put right after so many looks: each call costs it a line of its log. */
const READ_EVERY = 3;
const SETTLE_MS = 100;
/** Another writer may change the configuration between a look and a change. */
const TRIES = 8;
/** What Caddy refused it will refuse again: that is found out now and then alone. */
const REFUSED_MS = 10_000;

/** The router whose traffic Caddy carries. See {@link Router}. */
export function createCaddyRouter(options: CaddyRouterOptions): Router {
  return new CaddyRouter(options);
}

class CaddyRouter implements Router {
  readonly kind = 'caddy';
  readonly #options: CaddyRouterOptions;
  readonly #clock: Clock;
  readonly #starter: Starter;
  readonly #state = new Status();
  readonly #ports = new Map<InstanceId, number>();
  readonly #names = new Map<InstanceId, FunctionName>();
  #served: Served | undefined;
  #admin: Admin | undefined;
  #place: Place | undefined;
  #upstreams: Upstreams | undefined;
  #comparison: Comparison | undefined;
  #refusal: { readonly wanted: string; readonly at: number } | undefined;
  #verified = false;
  #looking: AbortController | undefined;
  /** Changes reach Caddy one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: CaddyRouterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#starter = new Starter(this.#clock, async () => await checkCaddy(await programOf(options)));
  }

  async start(asked: RouterSettings, table: RouteTable): Promise<void> {
    await this.#inTurn(async () => {
      const settings = await this.#withPort(asked);
      await mkdir(dirname(this.#options.adminSocket), { recursive: true, mode: 0o700 });
      const before = this.#served;
      this.#served = { settings, table };
      this.#verified = false;
      this.#starter.forget();
      await this.#use(settings);
      try {
        await this.#bring(this.#served);
        await writeRoutesFile(this.#options.routesFile, this.#served);
      } catch (error) {
        this.#served = before;
        throw error;
      }
      this.#look();
    });
  }

  async resume(): Promise<boolean> {
    const last = await readRoutesFile(this.#options.routesFile);
    if (last === undefined) return false;
    await this.start(last.settings, last.table);
    return true;
  }

  async setTable(table: RouteTable): Promise<void> {
    const before = this.#served;
    if (before === undefined) throw new FaasoError('internal', 'the router was not started');
    this.#served = { settings: before.settings, table };
    // At once, whatever the admin API does meanwhile: where a function is does not depend on it.
    await this.#find(table);
    await this.#inTurn(async () => {
      const served = this.#served;
      if (this.#admin === undefined || served === undefined) return;
      await this.#bring(served).catch((error: unknown) => {
        this.#tell(error);
        // One that has just gone is started with the table.
        if (!(error instanceof FaasoError && error.code === 'router-unreachable')) throw error;
      });
      await writeRoutesFile(this.#options.routesFile, served);
    });
  }

  async drain(instance: InstanceId, deadlineMs: number): Promise<void> {
    const port = this.#ports.get(instance);
    if (port === undefined) return;
    const end = this.#clock.now() + deadlineMs;
    const name = this.#names.get(instance);
    await untilUnused(
      port,
      async () => (name === undefined ? undefined : (await this.#requests()).get(name)),
      () => this.#clock.now() >= end,
      async (ms) => await this.#clock.sleep(ms),
    );
    this.#ports.delete(instance);
    this.#names.delete(instance);
  }

  async inFlight(): Promise<Readonly<Record<FunctionName, number>>> {
    const counts = recordOf<number>([]);
    const none: ReadonlyMap<FunctionName, number> = new Map();
    for (const [name, count] of await this.#requests().catch(() => none)) if (count > 0) counts[name] = count;
    return counts;
  }

  status(): RouterStatus {
    return this.#state.current;
  }

  onStatus(listener: (status: RouterStatus) => void): () => void {
    return this.#state.subscribe(listener);
  }

  async close(mode: 'leave' | 'stop'): Promise<void> {
    this.#looking?.abort(new Error('closed'));
    this.#looking = undefined;
    await this.#inTurn(async () => {
      if (mode === 'stop') await this.#end();
      await this.#admin?.close();
      this.#admin = undefined;
      this.#state.set({ kind: 'down', reason: mode === 'stop' ? 'stopped' : 'left running' });
    });
  }

  async #end(): Promise<void> {
    const settings = this.#served?.settings ?? (await lastSettings(this.#options.routesFile));
    if (settings?.kind !== 'caddy') return;
    await this.#use(settings);
    if (this.#admin !== undefined) await this.#place?.end(this.#admin);
    await this.#upstreams?.remove();
    this.#upstreams = undefined;
    this.#place = undefined;
  }

  /** Chooses between a Caddy of the user's and one that is started here. */
  async #use(settings: RouterSettings): Promise<void> {
    const place =
      settings.admin === undefined
        ? supervisedPlace(this.#options)
        : externalPlace(settings.admin, this.#options);
    if (this.#place?.name === place.name && this.#admin !== undefined) return;
    await this.#admin?.close();
    this.#place = place;
    this.#comparison = undefined;
    this.#upstreams = new Upstreams(place.upstreams);
    this.#admin = new Admin(place.address);
  }

  async #requests(): Promise<ReadonlyMap<FunctionName, number>> {
    if (this.#admin === undefined || this.#place === undefined)
      throw new FaasoError('internal', 'the router was not started');
    return await requestsInFlight(this.#admin, this.#place.upstreams.inCaddy);
  }

  /** Upstreams first: a route is there only once its function can be found. */
  async #bring(served: Served): Promise<void> {
    await this.#find(served.table);
    await this.#configure(served);
    await this.#upstreams?.prune(served.table.entries);
  }

  /** Says where each function is now. */
  async #find({ entries }: RouteTable): Promise<void> {
    for (const { function: name, target } of entries) {
      if (target.kind !== 'instance') continue;
      this.#ports.set(target.instance, target.port);
      this.#names.set(target.instance, name);
    }
    await this.#upstreams?.write(entries);
  }

  async #configure(served: Served): Promise<void> {
    const place = this.#place;
    const admin = this.#admin;
    if (place === undefined || admin === undefined)
      throw new FaasoError('internal', 'the router was not started');
    // Where this user may not, the doctor says what there is to do.
    await place.mend().catch(() => undefined);
    const comparison = (this.#comparison ??= new Comparison(place));
    const wanted = await comparison.wanted(served);
    for (let attempt = 1; ; attempt += 1) {
      const now = await this.#read(place);
      if (now === undefined && place.start !== undefined) this.#tellEnd('its process ended');
      // A Caddy of the user's listens anew for its admin API whenever it is configured.
      if (now === undefined && place.start === undefined && attempt < TRIES) {
        await this.#clock.sleep(SETTLE_MS);
        continue;
      }
      if (now === undefined) await place.whenGone?.();
      else this.#starter.seen();
      const isThere = now !== undefined && comparison.isThere(now, wanted);
      for (const { host, port } of isThere ? [] : newPorts(now?.value, wanted.value))
        await assertFree(host, port, listenKey(served.settings, port));
      if (now === undefined) {
        await this.#startCaddy(place, wanted.value, served);
      } else if (!isThere) {
        await place.check?.(admin, served);
        try {
          await place.write(admin, wanted.value, now);
          // Caddy closes the listeners of the configuration before a moment after it answers.
          await this.#clock.sleep(SETTLE_MS);
        } catch (error) {
          if (isPassing(error) && attempt < TRIES) continue;
          this.#refusal = { wanted: wanted.text, at: this.#clock.now() };
          throw await refused(served.settings, error);
        }
        // What was loaded is read back: another writer may have come in between.
        if (attempt < TRIES) continue;
        throw new FaasoError(
          'router-refused',
          'another program changes the configuration of Caddy all the time',
          {
            hint: 'let only one faaso, and nothing else, write there',
          },
        );
      }
      this.#refusal = undefined;
      if (!this.#verified) await place.verify?.(served, admin);
      this.#verified = true;
      this.#serving(served);
      return;
    }
  }

  async #startCaddy(place: Place, wanted: Json, { settings }: Served): Promise<void> {
    const { start } = place;
    if (start === undefined) throw unreachable(place.name);
    const answers = async (): Promise<boolean> => (await this.#read(place)) !== undefined;
    const started = await this.#starter.start(async () => await start(wanted), settings, answers);
    started.onExit((how) => {
      this.#tellEnd(how);
      void this.#lookOnce();
    });
  }

  /** That it was away is told even where it is back at once. */
  #tellEnd(how: string): void {
    if (this.#looking !== undefined && this.#state.current.kind === 'serving')
      this.#state.set({ kind: 'down', reason: how });
  }

  /** `undefined`: nobody answers. Rejects with `router-unreachable` when what answers does not do so as Caddy does. */
  async #read(place: Place): Promise<Tagged | undefined> {
    if (this.#admin === undefined) return undefined;
    return await place.read(this.#admin, this.#comparison?.known).catch((error: unknown) => {
      throw deaf(error);
    });
  }

  #serving({ settings }: Served, outOfDate?: string): void {
    this.#state.set({
      kind: 'serving',
      url: `http://${addressOf(settings.host, settings.port)}`,
      pid: 0,
      ...(outOfDate === undefined ? {} : { outOfDate }),
    });
  }

  /** Notices a Caddy that ended, was restarted empty or edited by hand, and repairs it. */
  #look(): void {
    if (this.#looking !== undefined) return;
    const looking = new AbortController();
    this.#looking = looking;
    const loop = async (): Promise<void> => {
      for (let count = 1; !looking.signal.aborted; count += 1) {
        await this.#clock.sleep(LOOK_MS, looking.signal);
        if (count % READ_EVERY === 0 || (await this.#place?.isUp?.()) === false) await this.#lookOnce();
      }
    };
    void loop().catch(() => undefined);
  }

  async #lookOnce(): Promise<void> {
    if (this.#looking === undefined) return;
    await this.#inTurn(async () => {
      if (this.#looking === undefined || this.#served === undefined) return;
      if (this.#refusal !== undefined && (await this.#isRefusedStill(this.#served, this.#refusal))) return;
      await this.#configure(this.#served);
    }).catch((error: unknown) => this.#tell(error));
  }

  async #isRefusedStill(
    served: Served,
    { wanted, at }: { readonly wanted: string; readonly at: number },
  ): Promise<boolean> {
    if (this.#place === undefined || this.#clock.now() - at >= REFUSED_MS) return false;
    return (
      (await this.#comparison?.wanted(served))?.text === wanted &&
      (await this.#read(this.#place)) !== undefined
    );
  }

  /** What Caddy refused leaves it with what it served before. */
  #tell(error: unknown): void {
    const faults = error instanceof FaasoError ? [error.message, ...error.details] : [String(error)];
    const isServing = error instanceof FaasoError && error.code === 'router-refused';
    if (isServing && this.#served !== undefined) this.#serving(this.#served, faults.join(': '));
    else {
      const retryAt = this.#place?.start === undefined ? undefined : this.#starter.retryAt;
      this.#state.set({ ...downBecause(error), ...(retryAt === undefined ? {} : { retryAt }) });
    }
  }

  /** Port 0 becomes a free one, which stays when Caddy is started again. */
  async #withPort(settings: RouterSettings): Promise<RouterSettings> {
    if (settings.port !== 0) return settings;
    const before = this.#served?.settings ?? (await lastSettings(this.#options.routesFile));
    if (before?.host === settings.host && before.port !== 0) return { ...settings, port: before.port };
    return { ...settings, port: await freePort(settings.host) };
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return await result;
  }
}
