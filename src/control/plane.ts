/** The control plane of one project: what the daemon does, whoever asks. */
import { rm } from 'node:fs/promises';

import { systemClock } from '../core/clock.ts';
import { errorData, FaasoError, toFaasoError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { PruneAnswer, PruneFlags } from '../core/disk.ts';
import type { ProbeReport } from '../core/explanation.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Applied, ProjectStatus } from '../core/state.ts';
import { heldWords } from '../core/steps.ts';
import type { Plan } from '../core/steps.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { appliedName } from '../project/function-names.ts';
import { asApplied, InvalidFiles } from '../project/load.ts';
import { renamed } from '../project/owner.ts';
import { tableEntries } from '../reconcile/publisher.ts';
import { adopt, createWorld, follow } from '../reconcile/reconciler.ts';
import { prepareRestart, prepareRollback, prepareRotation } from '../reconcile/replace.ts';
import type { PreparedRun } from '../reconcile/replace.ts';
import { applyRun } from '../reconcile/run.ts';
import type { Store } from '../reconcile/store.ts';
import type { World } from '../reconcile/world.ts';
import type { Router } from '../router/router.ts';
import type { CallableRoute, DownAnswer, Listener, ProjectLocation, RunAction, RunAnswer } from './api.ts';
import { identityOf, NOTHING, takeDown } from './down.ts';
import { createOnFailure } from './on-failure/on-failure.ts';
import type { OnFailure } from './on-failure/on-failure.ts';
import { prune } from './prune.ts';
import { Runs, emitter, newRunId } from './runs.ts';
import { callableRoutes } from './callable-routes.ts';
import { projectStatus } from './status.ts';
import { rebuildImage, recoverState } from './recover.ts';
import { untilDone } from './until-done.ts';

const ENGINE_RETRIES = { firstMs: 500, lastMs: 5000 };
const TAKE_OVER_RETRIES = { firstMs: 1000, lastMs: 30_000 };

export interface RunRequest {
  readonly runId: string;
  readonly by: string;
  readonly action: RunAction;
  readonly reading: Reading;
  /**
   * Whether a person asked, who wants an answer at once when the engine is away and means it when a function is gone
   * from the files. A watcher waits for the engine, and leaves removals to `apply`.
   */
  readonly isTyped: boolean;
}

export interface PlaneParts {
  readonly faaso: Faaso;
  readonly store: Store;
  readonly router: Router;
  readonly location: ProjectLocation;
  readonly listener: Listener;
}

export class ControlPlane {
  readonly #parts: PlaneParts;
  readonly #runs = new Runs();
  readonly #stop = new AbortController();
  readonly #emit: Emit;
  readonly #onFailure: OnFailure;
  #world: World | undefined;
  #opening: Promise<World> | undefined;
  /** The problems of the files that were told last; `undefined` while the files are valid. */
  #shown: string | undefined;
  /** The files as they were last read. */
  #loaded: Loaded | undefined;
  #following: Promise<void> = Promise.resolve();
  readonly #unsubscribe: () => void;

  constructor(parts: PlaneParts) {
    this.#parts = parts;
    const tell = emitter(newRunId(), parts.listener);
    this.#onFailure = createOnFailure({
      clock: systemClock,
      root: parts.faaso.root,
      env: parts.location.env,
      applied: () => parts.store.read(),
      emit: tell,
    });
    this.#emit = (event) => {
      tell(event);
      this.#onFailure.take(event);
    };
    this.#unsubscribe = parts.router.onStatus((status) => {
      const down = status.kind === 'down';
      this.#emit({ kind: 'router-changed', state: status.kind, detail: down ? status.reason : status.url });
    });
  }

  /** What is read when nobody typed anything: the files of the last apply, and its variables first. */
  get reading(): Reading {
    const { faaso, location, store } = this.#parts;
    return asApplied(faaso.root, location, store.read());
  }

  /** Where the router listens; `null` before the first apply. */
  get url(): string | null {
    const status = this.#parts.router.status();
    return status.kind === 'serving' ? status.url : null;
  }

  get routes(): readonly CallableRoute[] {
    const url = this.url;
    const applied = this.#parts.store.read();
    return url === null || applied === undefined ? [] : callableRoutes(url, applied, this.#loaded?.project);
  }

  /** Takes over what was applied and still runs. Waits for the engine; without anything applied there is nothing to do. */
  async takeOver(): Promise<void> {
    const { faaso, store } = this.#parts;
    const applied = store.read();
    if (applied !== undefined) {
      await this.#open({ name: applied.name, root: faaso.root }, undefined);
      return;
    }
    const loaded = await faaso.load(this.reading).catch(() => undefined);
    if (loaded !== undefined) await this.#open(loaded.project, loaded);
  }

  /** {@link takeOver} where nobody waits for it: tells what is in the way, and tries again where time may mend that. */
  async takeOverInTime(): Promise<void> {
    let told = '';
    const tell = (error: FaasoError): void => {
      if (this.#stop.signal.aborted || error.message === told) return;
      told = error.message;
      this.#emit({ kind: 'failure', error: errorData(error) });
    };
    await untilDone(() => this.takeOver(), TAKE_OVER_RETRIES, this.#stop.signal, tell).catch(
      (error: unknown) => tell(toFaasoError(error)),
    );
  }

  /** Does what is asked for. Rejects when the run cannot begin; functions that fail are in the answer. */
  async run(request: RunRequest, listener: Listener, signal: AbortSignal): Promise<RunAnswer> {
    const tell = emitter(request.runId, listener);
    const emit: Emit = (event) => {
      tell(event);
      this.#onFailure.take(event);
    };
    const both = AbortSignal.any([signal, this.#stop.signal]);
    return await this.#runs.inTurn(request, emit, both, async () => {
      const began = systemClock.now();
      const { plan, notices, carryOut } = await this.#prepare(request, emit);
      emit({ kind: 'run-started', plan });
      for (const message of notices) emit({ kind: 'notice', message });
      const result = await carryOut(emit, both);
      emit({
        kind: 'run-done',
        durationMs: systemClock.now() - began,
        failed: result.failed.length,
        interrupted: result.interrupted,
      });
      return {
        runId: request.runId,
        ...result,
        url: this.url ?? '',
        routes: this.routes,
        daemonStarted: null,
      };
    });
  }

  async #prepare(request: RunRequest, emit: Emit): Promise<PreparedRun> {
    const { action } = request;
    if (action.kind === 'apply') return await this.#prepareApply(request, action.names, emit);
    const world = await this.#openApplied(request.reading);
    const known = (name: string): FunctionName => appliedName(this.#parts.store.read(), name);
    switch (action.kind) {
      case 'restart':
        return await prepareRestart(world, action.names.map(known));
      case 'rollback':
        return await prepareRollback(world, known(action.name), action.release);
      case 'rotate':
        return await prepareRotation(world, action.secret);
    }
  }

  async #prepareApply(
    { reading, isTyped }: RunRequest,
    names: readonly string[],
    emit: Emit,
  ): Promise<PreparedRun> {
    const { faaso, store } = this.#parts;
    const loaded = await faaso.load(reading);
    this.#loaded = loaded;
    if (this.#shown !== undefined) this.#emit({ kind: 'notice', message: 'the files are valid again' });
    this.#shown = undefined;
    if (loaded.warnings.length > 0) emit({ kind: 'config-warning', diagnostics: loaded.warnings });
    if (isTyped && this.#world === undefined) await faaso.engine.info();
    const world = await this.#open(loaded.project, loaded);
    const planned = await faaso.plan(loaded, names, store);
    const plan = isTyped ? planned.plan : withoutRemovals(planned.plan, emit);
    const { variables, project, files } = loaded;
    const partial = names.length > 0;
    return {
      plan,
      notices: isTyped ? heldNotices(plan) : [],
      carryOut: (...run) => applyRun(world, { ...planned, project, variables, files, plan, partial }, ...run),
    };
  }

  /** What a watcher does on a change: applies valid files, except removals; tells of invalid ones, rejects as {@link run}. */
  async applyChange(reading: Reading): Promise<readonly string[]> {
    const runId = newRunId();
    try {
      const action = { kind: 'apply', names: [] } as const;
      const request = { runId, by: 'the watcher', action, reading, isTyped: false };
      await this.run(request, this.#parts.listener, this.#stop.signal);
      return this.#loaded?.watched ?? [];
    } catch (error) {
      if (this.#stop.signal.aborted) return [];
      if (error instanceof InvalidFiles) {
        // An editor that saves in steps would have the same problems told twice.
        const text = JSON.stringify(error.diagnostics);
        if (text !== this.#shown) this.#emit({ kind: 'config-invalid', diagnostics: error.diagnostics });
        this.#shown = text;
        return error.watched;
      }
      throw error;
    }
  }

  async status(): Promise<ProjectStatus> {
    const { faaso, store, router } = this.#parts;
    return await projectStatus({
      faaso,
      store,
      reading: this.reading,
      router: router.status(),
      ...(this.#world === undefined ? {} : { live: this.#world.live }),
    });
  }

  /** How the instance that serves a function answered its last probe. */
  lastProbe(name: string): { readonly probe: ProbeReport | null } {
    const live = [...(this.#world?.live ?? [])].find(([key]) => key === name)?.[1];
    const health = live?.target === undefined ? undefined : this.#world?.health.health(live.target.instance);
    if (health?.last === undefined || health.probedAt === undefined) return { probe: null };
    const { healthy, detail, durationMs } = health.last;
    return { probe: { healthy, detail, durationMs: Math.round(durationMs), at: health.probedAt } };
  }

  /** Removes everything that is ours; nothing is applied afterwards. */
  async down(
    runId: string,
    flags: { readonly images: boolean; readonly volumes: boolean },
    listener: Listener,
  ): Promise<DownAnswer> {
    const emit = emitter(runId, listener);
    return await this.#runs.inTurn(
      { runId, by: 'faaso down' },
      emit,
      new AbortController().signal,
      async () => {
        const { faaso, store } = this.#parts;
        const identity = await identityOf(faaso, store, this.reading);
        const forget = async (): Promise<void> => {
          await store.clear();
          await this.#quieten();
        };
        if (identity === undefined) {
          await forget();
          return { ...NOTHING, daemonStopped: true };
        }
        return { ...(await takeDown(faaso, { identity, ...flags, emit, forget })), daemonStopped: true };
      },
    );
  }

  /** Removes what nothing needs, while no rollout makes anything that no release names yet. */
  async prune(runId: string, flags: PruneFlags, listener: Listener): Promise<PruneAnswer> {
    const run = { runId, by: 'faaso prune' };
    return await this.#runs.inTurn(run, emitter(runId, listener), this.#stop.signal, async () => {
      const { faaso, store } = this.#parts;
      const { reading } = this;
      const identity = (await identityOf(faaso, store, reading)) ?? (await faaso.load(reading)).project;
      return await prune(faaso, { identity, store, reading, flags });
    });
  }

  /** Resolves when nothing is healed any more, so that nothing is started behind the back of whoever removes it all. */
  async #quieten(): Promise<void> {
    const world = this.#world;
    if (world === undefined) return;
    // From here on there is no route; what is in flight gets the time that stopping a container gives.
    await world.publisher.publish();
    await Promise.allSettled([...world.live.keys()].map((name) => world.queue.run(name)));
  }

  /** Begins nothing more: what waits for the engine or for a rollout is given up. */
  interrupt(): void {
    this.#stop.abort(new FaasoError('interrupted', 'the daemon stops'));
  }

  /** Ends everything that this process does; functions run on. */
  async close(): Promise<void> {
    this.interrupt();
    this.#unsubscribe();
    await this.#onFailure.close();
    // A run that was cancelled still undoes what it began.
    await this.#runs.ended();
    await this.#world?.queue.close();
    this.#world?.health.close();
    await this.#following;
  }

  /** The world of what is applied, for who asks at once: without an engine it rejects. */
  async #openApplied(reading: Reading): Promise<World> {
    const { faaso, store } = this.#parts;
    if (this.#world === undefined) await faaso.engine.info();
    const applied = store.read();
    if (applied !== undefined) return await this.#open({ name: applied.name, root: faaso.root }, undefined);
    // The state may have been lost while functions run.
    const loaded = await faaso.load(reading);
    return await this.#open(loaded.project, loaded);
  }

  /** The world of the project, made once: a take-over and an apply may ask at the same time. */
  async #open(identity: ProjectIdentity, loaded: Loaded | undefined): Promise<World> {
    this.#opening ??= this.#make(identity, loaded).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    const world = await this.#opening;
    if (world.identity.name !== identity.name) throw renamed(world.identity.name, identity.name);
    return world;
  }

  async #make(identity: ProjectIdentity, loaded: Loaded | undefined): Promise<World> {
    const { faaso, store, router } = this.#parts;
    const applied = store.read();
    if (applied !== undefined && applied.name !== identity.name) throw renamed(applied.name, identity.name);
    const roots = await this.#whenEngineAnswers(() => faaso.roots(identity, 'refuse'), applied);
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
      emit: this.#emit,
      rebuild: (release) => rebuildImage(faaso, release, this.reading, this.#emit, this.#stop.signal),
    });
    if (applied === undefined && loaded !== undefined) await recoverState(world, loaded);
    await adopt(world);
    const settings = store.read()?.router;
    if (settings !== undefined) await world.publisher.listen(settings);
    this.#world = world;
    this.#following = follow(world, this.#stop.signal).catch((error: unknown) =>
      this.#emit({ kind: 'failure', error: errorData(error) }),
    );
    return world;
  }

  /**
   * Asks until the engine answers. Meanwhile the router serves what it served last, or says 503: functions may well
   * run while the engine does not.
   */
  async #whenEngineAnswers<Result>(
    question: () => Promise<Result>,
    applied: Applied | undefined,
  ): Promise<Result> {
    let isFirst = true;
    return await untilDone(question, ENGINE_RETRIES, this.#stop.signal, async (error) => {
      if (!isFirst) return;
      isFirst = false;
      this.#emit({ kind: 'engine-changed', state: 'unreachable', detail: error.message });
      const { router } = this.#parts;
      if (applied === undefined || (await router.resume())) return;
      await router.start(applied.router, { generation: 0, entries: tableEntries(applied, new Map()) });
    });
  }
}

/** What an apply leaves as it is although the files say otherwise. */
function heldNotices({ functions }: Plan): readonly string[] {
  return functions.flatMap(({ function: name, pinned }) =>
    pinned === undefined ? [] : [`${name}: ${heldWords(pinned)}`],
  );
}

function withoutRemovals(plan: Plan, emit: Emit): Plan {
  const removals = plan.functions.filter((item) => item.action === 'remove');
  if (removals.length === 0) return plan;
  const names = removals.map((item) => item.function).join(', ');
  emit({ kind: 'notice', message: `${names}: no longer in functions.yml; "faaso apply" removes it` });
  return { ...plan, functions: plan.functions.filter((item) => item.action !== 'remove') };
}
