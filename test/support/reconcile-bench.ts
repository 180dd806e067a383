import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Prepared } from '../../src/build/builder.ts';
import { FaasoError } from '../../src/core/errors.ts';
import type { EventBody, Outcome } from '../../src/core/events.ts';
import { hashOf } from '../../src/core/hash.ts';
import type { FunctionName } from '../../src/core/names.ts';
import { projectPaths } from '../../src/core/paths.ts';
import type {
  ContainerSpec,
  FunctionSpec,
  PortRange,
  Project,
  Route,
  TestCase,
} from '../../src/core/specs.ts';
import type { Instance } from '../../src/core/state.ts';
import type { Plan } from '../../src/core/steps.ts';
import { fingerprints, openSecrets } from '../../src/files/secret-store.ts';
import type { MemoryEngine } from '../../src/engine/memory.ts';
import { createMemoryEngine } from '../../src/engine/memory.ts';
import { wantedRoutes } from '../../src/plan/pins.ts';
import { plan } from '../../src/plan/plan.ts';
import { adopt, createWorld, follow, resync } from '../../src/reconcile/reconciler.ts';
import { prepareRestart, prepareRollback, prepareRotation } from '../../src/reconcile/replace.ts';
import type { PreparedRun } from '../../src/reconcile/replace.ts';
import { applyRun } from '../../src/reconcile/run.ts';
import type { RunResult } from '../../src/reconcile/outcomes.ts';
import { takenDownOf } from '../../src/reconcile/applied.ts';
import { openStore } from '../../src/reconcile/store.ts';
import type { Store } from '../../src/reconcile/store.ts';
import type { World } from '../../src/reconcile/world.ts';
import { createMemoryRouter } from '../../src/router/memory.ts';
import { fakeBuilder } from './fake-builder.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeFunctions } from './fake-functions.ts';
import { Fuse } from './fuse.ts';
import { nameOf, routeOf, specOf } from './releases.ts';

/** A function as the files of a test describe it. */
export interface Wanted {
  /** Stands for everything that goes into the image. */
  readonly version: string;
  readonly routes: readonly string[];
  readonly spec?: Partial<ContainerSpec>;
  readonly tests?: readonly TestCase[];
}

/** How a run ended that no files were read for. */
export interface Done extends RunResult {
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly plan: Plan;
  readonly notices: readonly string[];
}

const ENGINE_WRITES = ['build', 'start', 'startAgain', 'stop', 'remove', 'removeImage'] as const;
const ROUTER_WRITES = ['start', 'setTable'] as const;

/** HTTP requests of this process that are not over: probes and tests of functions. */
const requests = new Set<ClientRequest>();
subscribe('http.client.request.start', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  requests.add(request);
  request.once('close', () => requests.delete(request));
});

/** Below the ports of projects in other tests; each process of a test run has a hundred of its own. */
let nextPort = 12_000 + (process.pid % 75) * 100;

/** Twenty of them; a bench that follows soon does not meet the connections of the one before. */
function nextPorts(): PortRange {
  nextPort = nextPort % 100 === 80 ? nextPort - 80 : nextPort + 20;
  return { first: nextPort, last: nextPort + 19 };
}

/** The reconciler on an engine in memory, a real data plane and real HTTP servers; time is the test's. */
export class ReconcileBench {
  readonly clock = new FakeClock();
  readonly functions = new FakeFunctions();
  readonly engine: MemoryEngine = createMemoryEngine({ clock: this.clock, onStart: this.functions.onStart });
  readonly router = createMemoryRouter();
  /** 0: any. */
  listenPort = 0;
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'faaso-reconcile-')));
  readonly paths = projectPaths(this.root, { uid: 0 });
  readonly events: EventBody[] = [];
  readonly rebuilds: string[] = [];
  ports: PortRange = nextPorts();
  /** What the files say. */
  files: Record<string, Wanted> = {};
  fuse = new Fuse();
  /** Ctrl-C for the runs that follow. */
  signal = new AbortController().signal;
  readonly secrets = openSecrets(this.paths);
  #world: World | undefined;
  #store: Store | undefined;
  #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();

  private constructor() {
    this.clock.busy = () => this.fuse.pending > 0 || requests.size > 0;
    onTestFinished(() => this.close());
  }

  /** A bench whose control plane runs and follows the engine. */
  static async open(files: Record<string, Wanted> = {}): Promise<ReconcileBench> {
    const bench = new ReconcileBench();
    bench.files = files;
    await bench.start();
    return bench;
  }

  get world(): World {
    if (this.#world === undefined) throw new Error('the control plane does not run');
    return this.#world;
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error('the control plane does not run');
    return this.#store;
  }

  /** Starts the control plane on what is there. */
  async start(): Promise<void> {
    this.fuse = new Fuse();
    this.#stop = new AbortController();
    const engine = this.fuse.guard<MemoryEngine>(this.engine, ENGINE_WRITES);
    const router = this.fuse.guard(this.router, ROUTER_WRITES, ['drain']);
    this.#store = this.fuse.guard(await openStore(this.paths), ['commit']);
    const parts = {
      identity: this.project(),
      roots: new Set([this.root]),
      engine,
      builder: fakeBuilder(engine, (name) => this.files[name]?.version ?? ''),
      router,
      secrets: this.secrets,
      store: this.#store,
      clock: this.clock,
      emit: (event: EventBody): void => void this.events.push(event),
      rebuild: async (release: { readonly image: string }): Promise<void> => {
        this.rebuilds.push(release.image);
        this.engine.addImage(release.image);
      },
    };
    // No jitter, so that back-off is exact.
    const world = createWorld({ ...parts, random: () => 0 });
    this.#world = world;
    await adopt(world);
    const settings = this.#store.read()?.router;
    if (settings !== undefined) await world.publisher.listen(settings);
    this.#following = follow(world, this.#stop.signal);
  }

  /** Ends the control plane as `kill -9` does: functions and data plane go on. */
  async kill(): Promise<void> {
    this.fuse.dead = true;
    this.#stop.abort(new Error('killed'));
    this.world.health.close();
    await this.world.queue.close();
    await this.world.retirement.settled();
    await this.#following.catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.kill();
    await this.router.close('stop');
    await this.functions.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  project(): Project {
    return {
      name: 'demo',
      root: this.root,
      ports: this.ports,
      router: { kind: 'builtin', host: '127.0.0.1', port: this.listenPort, trustedProxies: [] },
      build: { caBundle: 'none', proxy: 'none', args: {}, bases: {} },
      routes: Object.entries(this.files).flatMap(([name, { routes }]) =>
        routes.map((text) => routeOf(text, name, { timeoutMs: 5000 })),
      ),
      functions: Object.keys(this.files)
        .sort()
        .map((name) => this.#functionSpec(name)),
    };
  }

  /** The project with what its secrets are now. */
  async fingerprinted(): Promise<Project> {
    const project = this.project();
    const functions = await Promise.all(
      project.functions.map(async (fn) => {
        const secrets = await fingerprints(this.secrets, Object.keys(fn.container.secrets));
        return { ...fn, container: { ...fn.container, secrets } };
      }),
    );
    return { ...project, functions };
  }

  /** What `apply` would do now. */
  async plan(names?: readonly string[]): Promise<Plan> {
    return (await this.#planned(names)).plan;
  }

  /** One `faaso apply`, without moving the clock. */
  async apply(
    options: { readonly names?: readonly string[]; readonly signal?: AbortSignal } = {},
  ): Promise<RunResult & { readonly outcomes: Readonly<Record<string, Outcome>> }> {
    const planned = await this.#planned(options.names);
    const outcomes: Record<string, Outcome> = {};
    const emit = (event: EventBody): void => {
      this.events.push(event);
      if (event.kind === 'function-done') outcomes[event.function] = event.outcome;
    };
    const request = {
      ...planned,
      project: await this.fingerprinted(),
      variables: {},
      files: { overlays: [] },
      partial: options.names !== undefined,
    };
    const result = await applyRun(this.world, request, emit, options.signal ?? new AbortController().signal);
    return { ...result, outcomes };
  }

  /** One `faaso restart`, without moving the clock. */
  async restart(...names: readonly string[]): Promise<Done> {
    return await this.#carryOut(prepareRestart(this.world, names.map(nameOf)));
  }

  /** One `faaso rollback`, without moving the clock. */
  async rollback(name: string, release?: number): Promise<Done> {
    return await this.#carryOut(prepareRollback(this.world, nameOf(name), release));
  }

  /** One `faaso secret set`, without moving the clock. */
  async setSecret(name: string, value: string): Promise<Done> {
    await this.secrets.set(name, Buffer.from(value));
    return await this.#carryOut(prepareRotation(this.world, name));
  }

  async #carryOut(preparing: Promise<PreparedRun>): Promise<Done> {
    const { plan: made, notices, carryOut } = await preparing;
    const outcomes: Record<string, Outcome> = {};
    const emit = (event: EventBody): void => {
      this.events.push(event);
      if (event.kind === 'function-done') outcomes[event.function] = event.outcome;
    };
    const result = await carryOut(emit, this.signal);
    return { ...result, outcomes, plan: made, notices };
  }

  /** All containers, or those of one function. */
  async containers(name?: string): Promise<readonly Instance[]> {
    return await this.engine.instances(name === undefined ? {} : { function: nameOf(name) });
  }

  /** The only container of a function. */
  async only(name: string): Promise<Instance> {
    const [one, ...others] = await this.containers(name);
    if (one === undefined || others.length > 0)
      throw new Error(`${name} has ${others.length + (one ? 1 : 0)} containers`);
    return one;
  }

  /** A request through the router. */
  async call(path: string): Promise<Response> {
    const status = this.router.status();
    if (status.kind !== 'serving') throw new Error('the router does not serve');
    return await fetch(new URL(path, status.url));
  }

  /** The body of an answer through the router, or its status when it is not 200. */
  async ask(path: string): Promise<string> {
    const answer = await this.call(path);
    const body = await answer.text();
    return answer.status === 200 ? body : String(answer.status);
  }

  /** One pass of the reconciler over a function, as any event brings about. */
  async heal(name: string): Promise<void> {
    await this.world.queue.run(nameOf(name));
  }

  /** Looks at everything, and lets time pass until what the state asks for is what runs, one container each. */
  async converge(): Promise<void> {
    await resync(this.world);
    await this.clock.until('one healthy container for each applied function', () => this.isConverged());
  }

  async isConverged(): Promise<boolean> {
    const applied = Object.values(this.store.read()?.functions ?? {}).map((item) => item.current);
    const containers = await this.containers();
    return (
      containers.length === applied.length &&
      applied.every((release) => this.world.live.get(release.function)?.state === 'running')
    );
  }

  #functionSpec(name: string): FunctionSpec {
    const wanted = this.files[name];
    if (wanted === undefined) throw new Error(`the files have no ${name}`);
    return {
      name: nameOf(name),
      description: '',
      source: { kind: 'image', image: `${name}:${wanted.version}` },
      container: specOf({ env: { VERSION: wanted.version }, ...wanted.spec }),
      tests: wanted.tests ?? [],
    };
  }

  async #planned(names?: readonly string[]): Promise<{
    readonly plan: Plan;
    readonly prepared: ReadonlyMap<FunctionName, Prepared | FaasoError>;
    readonly routes: readonly Route[];
  }> {
    const project = await this.fingerprinted();
    const prepared = await this.world.builder.prepareAll(project, project.functions);
    const desired = project.functions.map((fn) => {
      const known = prepared.get(fn.name);
      if (known === undefined || known instanceof FaasoError) throw new Error(`${fn.name} was not prepared`);
      const routes = project.routes.filter((route) => route.function === fn.name);
      const specHash = hashOf(fn.container);
      return { ...known, name: fn.name, spec: fn.container, specHash, routes, tests: fn.tests.length };
    });
    const applied = this.store.read()?.functions ?? {};
    const takenDown = takenDownOf(this.store, project.name);
    const input = { desired, applied, takenDown, observed: await this.containers() };
    const routes = wantedRoutes(desired, { ...takenDown, ...applied });
    return {
      plan: plan(names === undefined ? input : { ...input, only: names.map(nameOf) }),
      prepared,
      routes,
    };
  }
}
