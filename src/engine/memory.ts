import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import { FaasoError } from '../core/errors.ts';
import type { InstanceId } from '../core/names.ts';
import type { Instance } from '../core/state.ts';
import type { Engine, EngineEvent, ImageInfo } from './engine.ts';
import type { Labels } from './labels.ts';
import { matches, parseInstanceLabels, parseVolumeLabels } from './labels.ts';
import type { MemoryContainer, OnStart } from './memory/container.ts';
import { isAlive, toInstance } from './memory/container.ts';
import { createMemoryContainers } from './memory/containers.ts';
import type { OnExec } from './memory/exec.ts';
import { runInMemory } from './memory/exec.ts';
import { createMemoryImages } from './memory/images.ts';
import { assertIsolation, assertNetworks } from './memory/needs.ts';
import { eventsOf, linesOf } from './memory/streams.ts';
import { tracesOf, usageOf } from './memory/survey.ts';
import { createMemoryVolumes } from './memory/volumes.ts';

export interface MemoryEngineOptions {
  readonly clock?: Clock;
  /** What a container does; without it, it runs and does nothing. */
  readonly onStart?: OnStart;
  /** References that `pull` finds. */
  readonly registry?: readonly string[];
  /** Plays the programs of `exec`; without it there are none. */
  readonly onExec?: OnExec;
  /** Default: `runc` alone. */
  readonly runtimes?: readonly string[];
}

/** An engine for tests: the contract, and what happens to engines and containers in real life. */
export interface MemoryEngine extends Engine {
  /** Every call that changed something, in order: `start`, `startAgain`, `stop`, `remove`, `build`, `pull`, `removeImage`, `removeVolume`, `removeNetwork`, `exec`. */
  readonly writes: readonly string[];
  /** Names of the projects that have a network. */
  readonly networks: ReadonlySet<string>;
  addImage(reference: string, labels?: Labels): ImageInfo;
  addVolume(name: string, labels: Labels): void;
  hasVolume(name: string): boolean;
  removeVolumeByHand(name: string): void;
  /** A network that is not of a project, for functions to join. */
  addNetwork(name: string): void;
  removeNetworkByHand(name: string): void;
  /** Ends the process as a crash would. */
  crash(id: InstanceId, exitCode?: number, options?: { readonly oomKilled?: boolean }): Promise<void>;
  /** As `docker pause` and `docker unpause`. */
  pause(id: InstanceId): void;
  resume(id: InstanceId): void;
  /** As `docker rm -f`. */
  removeByHand(id: InstanceId): Promise<void>;
  /** The container runs on, but its port leads to it no more. */
  unbindPort(id: InstanceId): void;
  /** The next `start` or `startAgain` rejects with the code. */
  failNextStart(code: ErrorCode): void;
  /** The next `build` rejects with `build-failed` and these details. */
  failNextBuild(details: readonly string[]): void;
  /** From now on every call rejects with `engine-unreachable`; containers go on. */
  disconnect(detail?: string): void;
  connect(): void;
}

export function createMemoryEngine(options: MemoryEngineOptions = {}): MemoryEngine {
  const clock = options.clock ?? systemClock;
  const containers = createMemoryContainers(clock, options.onStart);
  const images = createMemoryImages(clock);
  const volumes = createMemoryVolumes(clock);
  const networks = new Set<string>();
  const shared = new Set<string>();
  const runtimes = options.runtimes ?? ['runc'];
  const writes: string[] = [];
  let down: string | undefined;
  let nextFailure: ErrorCode | undefined;

  const reach = (write?: string): void => {
    if (down !== undefined)
      throw new FaasoError('engine-unreachable', 'no container engine answers', { details: [down] });
    if (write !== undefined) writes.push(write);
  };

  const run = async (container: MemoryContainer): Promise<Instance> => {
    const failure = nextFailure;
    nextFailure = undefined;
    if (failure !== undefined) throw new FaasoError(failure, `the start fails with ${failure}`);
    assertNetworks(container.request, shared);
    networks.add(container.request.project.name);
    await containers.run(container);
    return shown(container);
  };

  const remove = async (container: MemoryContainer): Promise<void> => {
    await containers.remove(container);
    volumes.removeSecrets(container.volumes);
  };

  const isMounted = (name: string): boolean => containers.all().some((item) => item.volumes.includes(name));

  const withContainer = (id: InstanceId, act: (container: MemoryContainer) => void): void => {
    const container = containers.get(id);
    if (container !== undefined) act(container);
  };

  return {
    kind: 'memory',
    writes,
    networks,
    addImage: (reference, labels = {}) => images.add(reference, reference, labels),
    addVolume: (name, labels) => volumes.add(name, labels),
    removeVolumeByHand: (name) => volumes.forget(name),
    addNetwork: (name) => void shared.add(name),
    removeNetworkByHand: (name) => void shared.delete(name),
    hasVolume: (name) => volumes.all().some((volume) => volume.name === name),
    async crash(id, exitCode = 1, { oomKilled = false } = {}) {
      const container = containers.get(id);
      if (container !== undefined) await containers.exit(container, exitCode, oomKilled);
    },
    pause: (id) => withContainer(id, (container) => containers.pause(container, true)),
    resume: (id) => withContainer(id, (container) => containers.pause(container, false)),
    async removeByHand(id) {
      const container = containers.get(id);
      if (container !== undefined) await containers.remove(container);
    },
    unbindPort: (id) => withContainer(id, (container) => (container.portBound = false)),
    failNextStart: (code) => (nextFailure = code),
    failNextBuild: (details) => images.failNextBuild(details),
    disconnect(detail = 'disconnected by the test') {
      down = detail;
      containers.bus.emit('event', { kind: 'disconnected', detail } satisfies EngineEvent);
    },
    connect() {
      down = undefined;
      containers.bus.emit('event', { kind: 'connected' } satisfies EngineEvent);
    },

    async info() {
      reach();
      return {
        name: 'Memory Engine 1.0.0',
        version: '1.0.0',
        apiVersion: '1.41',
        cpus: 2,
        memoryBytes: 2 ** 32,
        runtimes,
        liveRestore: true,
        dataRoot: '/var/lib/memory',
        buildKit: true,
        swarm: false,
        systemTime: clock.now(),
      };
    },
    async image(reference) {
      reach();
      return images.byReference(reference);
    },
    async images(selector) {
      reach();
      return images.all().filter(({ labels }) => matches(labels, selector));
    },
    async pull(reference, signal) {
      reach('pull');
      signal.throwIfAborted();
      if (options.registry?.includes(reference) !== true) throw imageMissing(reference);
      return images.add(reference, reference, {});
    },
    async build(request, onLine, signal) {
      reach('build');
      return images.build(request, onLine, signal);
    },
    async removeImage(reference) {
      reach('removeImage');
      images.remove(reference, (imageId) =>
        containers.all().some((container) => container.imageId === imageId),
      );
    },
    async instances(selector) {
      reach();
      const selected = containers.all().filter(({ labels }) => matches(labels, selector));
      return selected.map(toInstance).filter((instance) => instance !== undefined);
    },
    async identities(selector) {
      reach();
      const selected = containers.all().filter(({ labels }) => matches(labels, selector));
      return selected
        .map(({ labels }) => parseInstanceLabels(labels))
        .filter((identity) => identity !== undefined);
    },
    async instance(id) {
      reach();
      const container = containers.get(id);
      return container === undefined ? undefined : toInstance(container);
    },
    async start(request) {
      reach('start');
      const reference = request.image ?? request.release.image;
      const image = images.byReference(reference);
      if (image === undefined) throw imageMissing(reference);
      assertIsolation(request, runtimes);
      assertNetworks(request, shared);
      const container = containers.create(request, image.id, volumes.prepare(request));
      try {
        return await run(container);
      } catch (error) {
        await remove(container);
        throw error;
      }
    },
    async startAgain(id) {
      reach('startAgain');
      const container = containers.get(id);
      if (container === undefined) throw new FaasoError('start-failed', 'the container is gone');
      if (container.status.kind === 'paused') throw new FaasoError('start-failed', 'the container is paused');
      return container.status.kind === 'running' ? shown(container) : run(container);
    },
    async stop(id) {
      reach('stop');
      const container = containers.get(id);
      if (container !== undefined) await containers.exit(container, 143, false);
    },
    async remove(id) {
      reach('remove');
      const container = containers.get(id);
      if (container !== undefined) await remove(container);
    },
    async *logs(id, options, signal) {
      reach();
      yield* linesOf(containers, id, options, signal);
    },
    events: (signal) => eventsOf(containers, () => down, signal),
    async traces() {
      reach();
      return tracesOf(containers.all(), networks);
    },
    async exec(id, request) {
      reach('exec');
      const container = containers.get(id);
      if (container?.status.kind !== 'running')
        throw new FaasoError('function-not-running', 'the instance does not run');
      return runInMemory(options.onExec, request, containers.ending(container));
    },
    async volumes(selector) {
      reach();
      return volumes.all().flatMap(({ name, labels, createdAt }) => {
        const said = matches(labels, selector) ? parseVolumeLabels(labels) : undefined;
        return said === undefined ? [] : [{ ...said, name, createdAt, inUse: isMounted(name) }];
      });
    },
    async removeVolume(name) {
      reach('removeVolume');
      if (!isMounted(name)) volumes.remove(name);
    },
    async diskUsage(selector) {
      reach();
      return usageOf(selector, images.all(), containers.all(), volumes.all());
    },
    async removeNetwork(project) {
      reach('removeNetwork');
      const inUse = containers
        .all()
        .some((item) => isAlive(item) && item.request.project.name === project.name);
      if (!inUse) networks.delete(project.name);
    },
    close: () => undefined,
  };
}

function shown(container: MemoryContainer): Instance {
  const instance = toInstance(container);
  if (instance === undefined) throw new FaasoError('internal', 'labels of our own cannot be read');
  return instance;
}

function imageMissing(reference: string): FaasoError {
  return new FaasoError(
    'image-missing',
    `the image ${reference} is not on the engine and could not be pulled`,
  );
}
