import { rm } from 'node:fs/promises';

import { systemClock } from '../core/clock.ts';
import { errorData } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { renamed } from '../project/owner.ts';
import { tableEntries } from '../reconcile/publisher.ts';
import { adopt, createWorld, follow } from '../reconcile/reconciler.ts';
import type { Store } from '../reconcile/store.ts';
import type { World } from '../reconcile/world.ts';
import type { Router } from '../router/router.ts';
import { rebuildImage, recoverState } from './recover.ts';
import { untilDone } from './until-done.ts';

const ENGINE_RETRIES = { firstMs: 500, lastMs: 5000 };

export interface OpenedWorldParts {
  readonly faaso: Faaso;
  readonly store: Store;
  readonly router: Router;
  /** How the files are read when nobody typed anything. */
  readonly reading: () => Reading;
  readonly emit: Emit;
  /** Ends the waiting for the engine. */
  readonly signal: AbortSignal;
}

/** The world of a project, opened at most once and followed from then on. */
export class OpenedWorld {
  readonly #parts: OpenedWorldParts;
  #world: World | undefined;
  #opening: Promise<World> | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(parts: OpenedWorldParts) {
    this.#parts = parts;
  }

  /** `undefined` until it is open. */
  get world(): World | undefined {
    return this.#world;
  }

  /** The world of what is applied, for who asks at once: without an engine it rejects. */
  async openApplied(reading: Reading): Promise<World> {
    const { faaso, store } = this.#parts;
    if (this.#world === undefined) await faaso.engine.info();
    const applied = store.read();
    if (applied !== undefined) return await this.open({ name: applied.name, root: faaso.root }, undefined);
    // The state may have been lost while functions run.
    const loaded = await faaso.load(reading);
    return await this.open(loaded.project, loaded);
  }

  /**
   * The world of the project, made once: a take-over and an apply may ask at the same time. Waits for the engine.
   * Rejects with `project-renamed` or `project-taken`. `loaded`: what a state that was lost is rebuilt with.
   */
  async open(identity: ProjectIdentity, loaded: Loaded | undefined): Promise<World> {
    this.#opening ??= this.#make(identity, loaded).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    const world = await this.#opening;
    if (world.identity.name !== identity.name)
      throw renamed(
        { functions: {}, ...this.#parts.store.read(), name: world.identity.name },
        identity.name,
        loaded?.files.file,
      );
    return world;
  }

  /** Resolves when nothing is healed any more, so that nothing is started behind the back of whoever removes it all. */
  async quieten(): Promise<void> {
    const world = this.#world;
    if (world === undefined) return;
    // From here on there is no route; what is in flight gets the time that stopping a container gives.
    await world.publisher.publish();
    await Promise.allSettled([...world.live.keys()].map((name) => world.queue.run(name)));
  }

  /** Heals nothing any more; functions run on. */
  async close(): Promise<void> {
    await this.#world?.queue.close();
    this.#world?.health.close();
    await this.#following;
  }

  async #make(identity: ProjectIdentity, loaded: Loaded | undefined): Promise<World> {
    const { emit, signal } = this.#parts;
    const world = await openWorld(this.#parts, identity, loaded);
    this.#world = world;
    this.#following = follow(world, signal).catch((error: unknown) =>
      emit({ kind: 'failure', error: errorData(error) }),
    );
    return world;
  }
}

/** Takes over what runs and has the router listen, where something is applied. */
async function openWorld(
  parts: OpenedWorldParts,
  identity: ProjectIdentity,
  loaded: Loaded | undefined,
): Promise<World> {
  const { faaso, store, router, reading, emit, signal } = parts;
  const applied = store.read();
  if (applied !== undefined && applied.name !== identity.name)
    throw renamed(applied, identity.name, loaded?.files.file);
  const roots = await whenEngineAnswers(parts, () => faaso.roots(identity, 'refuse'), applied);
  // Nobody else has it now, so it is this folder's again.
  await rm(faaso.paths.handedOver, { force: true });
  const world = createWorld({
    identity: { name: identity.name, root: faaso.root },
    roots,
    engine: faaso.engine,
    builder: faaso.builder,
    secrets: faaso.secrets,
    router,
    store,
    clock: systemClock,
    emit,
    rebuild: (release) => rebuildImage(faaso, release, reading(), emit, signal),
  });
  if (applied === undefined && loaded !== undefined) await recoverState(world, loaded);
  await adopt(world);
  const settings = store.read()?.router;
  if (settings !== undefined) await world.publisher.listen(settings);
  return world;
}

/**
 * Asks until the engine answers. Meanwhile the router serves what it served last, or says 503: functions may well
 * run while the engine does not.
 */
async function whenEngineAnswers<Result>(
  { router, emit, signal }: OpenedWorldParts,
  question: () => Promise<Result>,
  applied: Applied | undefined,
): Promise<Result> {
  let isFirst = true;
  return await untilDone(question, ENGINE_RETRIES, signal, async (error) => {
    if (!isFirst) return;
    isFirst = false;
    emit({ kind: 'engine-changed', state: 'unreachable', detail: error.message });
    if (applied === undefined || (await router.resume())) return;
    await router.start(applied.router, { entries: tableEntries(applied, new Map()) });
  });
}
