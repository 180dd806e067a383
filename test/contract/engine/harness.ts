import { randomBytes } from 'node:crypto';

import { hashOf, revisionOf } from '../../../src/core/hash.ts';
import type { FunctionName, InstanceId } from '../../../src/core/names.ts';
import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { ContainerSpec, ProjectIdentity } from '../../../src/core/specs.ts';
import type { Release } from '../../../src/core/state.ts';
import type { Engine, EngineEvent, StartRequest } from '../../../src/engine/engine.ts';
import type { Act } from '../../support/engine-program.ts';
import { programEnv } from '../../support/engine-program.ts';
import { freePort } from '../../support/ports.ts';

/** One implementation of the engine, and what the world around it can do. */
export interface Harness {
  readonly engine: Engine;
  /** An image whose process does the acts of its environment and then serves. */
  readonly image: string;
  /** Random, so that runs do not meet; removed at the end with all that belongs to it. */
  readonly project: ProjectIdentity;
  /** A second project, for what must stay apart. */
  readonly other: ProjectIdentity;
  pause(id: InstanceId): Promise<void>;
  removeByHand(id: InstanceId): Promise<void>;
  /** Starts a container that faaso did not make; `isRunning` tells whether it was left alone. */
  startForeign(): Promise<{ readonly id: InstanceId; isRunning(): Promise<boolean> }>;
  addImage(reference: string, labels: Readonly<Record<string, string>>): Promise<void>;
  addVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
  hasVolume(name: string): Promise<boolean>;
  removeVolumeByHand(name: string): Promise<void>;
  /** Makes a network that is not of a project; removed at the end. */
  addNetwork(name: string): Promise<void>;
  removeNetworkByHand(name: string): Promise<void>;
  /** How many networks the project has. */
  countNetworks(project: ProjectIdentity): Promise<number>;
  disconnect(): Promise<void>;
  connect(): Promise<void>;
  close(): Promise<void>;
}

/** Runs before each case with the harness of the implementation at hand. */
export type UseHarness = () => Harness;

/** Two projects with names of their own. */
export function testProjects(): Pick<Harness, 'project' | 'other'> {
  const name = `t-${randomBytes(4).toString('hex')}`;
  return {
    project: { name, root: `/tmp/${name}` },
    other: { name: `${name}-other`, root: `/tmp/${name}-other` },
  };
}

export function functionName(text: string): FunctionName {
  const name = parseFunctionName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}

/** A request to start a function whose process does the acts; on a free port unless one is given. */
export async function requestFor(
  harness: Harness,
  options: {
    readonly function?: string;
    readonly acts?: readonly Act[];
    readonly port?: number;
    readonly project?: ProjectIdentity;
    readonly image?: string;
    readonly spec?: Partial<ContainerSpec>;
  } = {},
): Promise<StartRequest> {
  return {
    project: options.project ?? harness.project,
    release: releaseOf(functionName(options.function ?? 'echo'), options.image ?? harness.image, {
      env: programEnv(...(options.acts ?? [])),
      ...options.spec,
    }),
    port: options.port ?? (await freePort()),
    attempt: 0,
  };
}

/** A release with defaults for all that a case does not care about. */
export function releaseOf(name: FunctionName, image: string, spec: Partial<ContainerSpec> = {}): Release {
  const path = parseRoutePath(`/${name}`);
  if (!path.ok) throw new Error(path.problem);
  const whole: ContainerSpec = {
    port: 3000,
    env: {},
    limits: { cpus: 1, memoryBytes: 128 * 2 ** 20, pids: 64, tmpBytes: 8 * 2 ** 20 },
    writable: [],
    secrets: {},
    networks: [],
    volumes: {},
    isolation: 'runc',
    health: {
      path: '/',
      expect: 'any',
      intervalMs: 10_000,
      timeoutMs: 1000,
      retries: 3,
      startPeriodMs: 30_000,
    },
    ...spec,
  };
  return {
    number: 1,
    function: name,
    revision: revisionOf([name, image]),
    image,
    spec: whole,
    specHash: hashOf(whole),
    routes: [
      {
        path: path.path,
        function: name,
        methods: ['GET', 'POST'],
        stripPrefix: true,
        timeoutMs: 60_000,
        maxBodyBytes: 10 * 2 ** 20,
      },
    ],
  };
}

/** Reads events in the background until `stop`, which rejects when reading failed. */
export function collectEvents(engine: Engine): {
  readonly seen: EngineEvent[];
  readonly stop: () => Promise<void>;
} {
  const ended = new AbortController();
  const seen: EngineEvent[] = [];
  const reading = (async () => {
    for await (const event of engine.events(ended.signal)) seen.push(event);
  })();
  return {
    seen,
    async stop() {
      ended.abort();
      await reading;
    },
  };
}
