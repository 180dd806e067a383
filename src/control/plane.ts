/** The control plane of one project: what the daemon does, whoever asks. */
import { systemClock } from '../core/clock.ts';
import { errorData, FaasoError } from '../core/errors.ts';
import type { Emit, Outcome } from '../core/events.ts';
import type { PruneAnswer, PruneFlags } from '../core/disk.ts';
import type { ProbeReport } from '../core/explanation.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectStatus } from '../core/state.ts';
import { keepCaddy } from '../faaso.ts';
import type { Faaso } from '../faaso.ts';
import type { Loaded, Reading } from '../project/load.ts';
import { appliedName } from '../project/function-names.ts';
import { asApplied, InvalidFiles } from '../project/load.ts';
import { prepareRestart, prepareRollback, prepareRotation } from '../reconcile/replace.ts';
import type { PreparedRun } from '../reconcile/replace.ts';
import type { Store } from '../reconcile/store.ts';
import type { Router } from '../router/router.ts';
import type { CallableRoute, DownAnswer, Listener, ProjectLocation, RunAction, RunAnswer } from './api.ts';
import { lastProbe } from './last-probe.ts';
import { noteRun } from './last-apply.ts';
import { identityOf, NOTHING, takeDown } from './down.ts';
import { createOnFailure } from './on-failure/on-failure.ts';
import type { OnFailure } from './on-failure/on-failure.ts';
import { prune } from './prune.ts';
import { OpenedWorld } from './opened-world.ts';
import { prepareApply } from './prepare-apply.ts';
import { Runs, emitter, newRunId } from './runs.ts';
import { callableRoutes } from './callable-routes.ts';
import { whyDown } from './router-down.ts';
import { projectStatus } from './status.ts';
import { beginTakeOver } from './take-over.ts';

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
  readonly #opened: OpenedWorld;
  /** The problems of the files that were told last; `undefined` while the files are valid. */
  #shown: string | undefined;
  /** What the last run of the watcher was told of the files: each saved file would have it told again. */
  #watcherTold = { warnings: '[]', notices: '[]' };
  /** The files as they were last read. */
  #loaded: Loaded | undefined;
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
    const { faaso, store, router } = parts;
    this.#opened = new OpenedWorld({
      faaso,
      store,
      router,
      reading: () => this.reading,
      emit: this.#emit,
      signal: this.#stop.signal,
    });
    this.#unsubscribe = router.onStatus((status) => {
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
      await this.#opened.open({ name: applied.name, root: faaso.root }, undefined);
      return;
    }
    const loaded = await faaso.load(this.reading).catch(() => undefined);
    if (loaded !== undefined) await this.#opened.open(loaded.project, loaded);
  }

  /** {@link takeOver} that goes on by itself, as {@link beginTakeOver} does. */
  async beginTakeOver(): Promise<void> {
    const { router } = this.#parts;
    const takeOver = async (): Promise<void> => await this.takeOver();
    await beginTakeOver({ takeOver, router, emit: this.#emit, signal: this.#stop.signal });
  }

  /** Does what is asked for. Rejects when the run cannot begin; functions that fail are in the answer. */
  async run(request: RunRequest, listener: Listener, signal: AbortSignal): Promise<RunAnswer> {
    const tell = emitter(request.runId, listener);
    const outcomes = new Map<FunctionName, Outcome>();
    const emit: Emit = (event) => {
      tell(event);
      this.#onFailure.take(event);
      if (event.kind === 'function-done') outcomes.set(event.function, event.outcome);
    };
    const both = AbortSignal.any([signal, this.#stop.signal]);
    return await this.#runs.inTurn(request, emit, both, async () => {
      const began = systemClock.now();
      const { plan, notices, carryOut } = await this.#prepare(request, emit);
      emit({ kind: 'run-started', plan });
      if (this.#isNews('notices', notices, request))
        for (const message of notices) emit({ kind: 'notice', message });
      const result = await carryOut(emit, both);
      await noteRun(this.#parts.faaso.paths, request.action, outcomes).catch((error: unknown) =>
        this.#emit({ kind: 'failure', error: errorData(error) }),
      );
      emit({
        kind: 'run-done',
        durationMs: systemClock.now() - began,
        failed: result.failed.length,
        interrupted: result.interrupted,
      });
      const routerDown = await whyDown(this.#parts.router, both);
      return {
        runId: request.runId,
        ...result,
        url: this.url ?? '',
        routes: this.routes,
        routerDown,
        daemonStarted: null,
      };
    });
  }

  async #prepare(request: RunRequest, emit: Emit): Promise<PreparedRun> {
    const { action } = request;
    if (action.kind === 'apply') return await this.#readAndPrepare(request, action.names, emit);
    const world = await this.#opened.openApplied(request.reading);
    const { store } = this.#parts;
    const known = (name: string): FunctionName => appliedName(store.read(), name, store.takenDown());
    switch (action.kind) {
      case 'restart':
        return await prepareRestart(world, action.names.map(known));
      case 'rollback':
        return await prepareRollback(world, known(action.name), action.release);
      case 'rotate':
        return await prepareRotation(world, action.secret);
    }
  }

  /** Whether who asked has not been told this yet. */
  #isNews(kind: 'warnings' | 'notices', told: readonly unknown[], { isTyped }: RunRequest): boolean {
    if (isTyped) return true;
    const text = JSON.stringify(told);
    const isNew = text !== this.#watcherTold[kind];
    this.#watcherTold[kind] = text;
    return isNew;
  }

  async #readAndPrepare(request: RunRequest, names: readonly string[], emit: Emit): Promise<PreparedRun> {
    const { faaso, store } = this.#parts;
    const { reading, isTyped } = request;
    const loaded = await faaso.load(reading);
    this.#loaded = loaded;
    if (this.#shown !== undefined) this.#emit({ kind: 'notice', message: 'the files are valid again' });
    this.#shown = undefined;
    const { warnings } = loaded;
    if (this.#isNews('warnings', warnings, request) && warnings.length > 0)
      emit({ kind: 'config-warning', diagnostics: warnings });
    if (isTyped) await keepCaddy(faaso.paths, loaded.project.router, reading.env);
    if (isTyped && this.#opened.world === undefined) await faaso.engine.info();
    const world = await this.#opened.open(loaded.project, loaded);
    return await prepareApply({ faaso, store, world, loaded, names, isTyped });
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

  async status(cwd: string): Promise<ProjectStatus> {
    const { faaso, store, router } = this.#parts;
    return await projectStatus({
      faaso,
      store,
      reading: this.reading,
      cwd,
      router: router.status(),
      ...(this.#opened.world === undefined ? {} : { live: this.#opened.world.live }),
    });
  }

  /** How the instance that serves a function answered its last probe. */
  lastProbe(name: string): { readonly probe: ProbeReport | null } {
    return { probe: lastProbe(this.#opened.world, name) };
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
          await (flags.images ? store.clear() : store.takeDown());
          await this.#opened.quieten();
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
    await this.#opened.close();
  }
}
