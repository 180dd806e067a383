/** Runs functions' own tests against instances that are there for nothing else, and are removed whatever happens. */
import PQueue from 'p-queue';

import type { Builder, Prepared } from '../build/builder.ts';
import type { Clock } from '../core/clock.ts';
import { errorData, toFaasoError } from '../core/errors.ts';
import type { ErrorData } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { hashOf } from '../core/hash.ts';
import { short } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { ContainerSpec, FunctionSpec, Project } from '../core/specs.ts';
import type { Instance, Release } from '../core/state.ts';
import type { StepKind } from '../core/steps.ts';
import type { Engine } from '../engine/engine.ts';
import type { SecretStore } from '../files/secret-store.ts';
import { interruption, lastLogLines } from './failure.ts';
import { onFreePort } from './free-port.ts';
import { Ports } from './ports.ts';
import { awaitHealthy } from './steps/await-healthy.ts';
import { requestOf, testResults } from './steps/run-tests.ts';

/** Each has the memory and the processors of its function. */
const AT_ONCE = 4;
const GRACE_MS = 2000;

export interface TestRunParts {
  readonly engine: Engine;
  readonly builder: Builder;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** How the tests of one function came out. */
export interface FunctionTests {
  readonly name: FunctionName;
  /** Those that ran, in their order. */
  readonly tests: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly durationMs: number;
    readonly problems: readonly string[];
  }[];
  /** Why they could not be run, or not all of them. */
  readonly error: ErrorData | null;
  /** The last lines that the function wrote, where one of its tests failed. */
  readonly log: readonly string[];
}

/** Runs the tests of each of the functions. Never rejects: what went wrong is in the answer. */
export async function testFunctions(
  parts: TestRunParts,
  project: Project,
  functions: readonly FunctionSpec[],
  signal: AbortSignal,
): Promise<readonly FunctionTests[]> {
  const turns = new PQueue({ concurrency: AT_ONCE });
  const ports = new Ports(parts.clock);
  return await Promise.all(
    functions.map((fn) => new FunctionTest({ ...parts, project, fn, ports, turns, signal }).run()),
  );
}

interface OneTest extends TestRunParts {
  readonly project: Project;
  readonly fn: FunctionSpec;
  readonly ports: Ports;
  readonly turns: PQueue;
  readonly signal: AbortSignal;
}

class FunctionTest {
  readonly #parts: OneTest;
  readonly #tests: FunctionTests['tests'][number][] = [];
  #log: readonly string[] = [];
  #step: StepKind = 'build-image';
  #began: number;

  constructor(parts: OneTest) {
    this.#parts = parts;
    this.#began = parts.clock.now();
  }

  async run(): Promise<FunctionTests> {
    const { fn, turns, signal, clock, emit } = this.#parts;
    let error: ErrorData | null = null;
    try {
      this.#enter('build-image');
      const prepared = await this.#build();
      await turns.add(() => this.#withInstance(prepared));
    } catch (thrown) {
      error = errorData(signal.aborted ? interruption(signal) : toFaasoError(thrown));
      emit({
        kind: 'function-done',
        function: fn.name,
        outcome: { kind: 'failed', step: this.#step, error, serving: null },
        durationMs: clock.now() - this.#began,
      });
    }
    return { name: fn.name, tests: this.#tests, error, log: this.#log };
  }

  async #build(): Promise<Prepared> {
    const { project, fn, builder, emit, signal } = this.#parts;
    const { present } = await builder.prepare(project, fn);
    const onLine = (line: string): void => emit({ kind: 'build-log', function: fn.name, line });
    const prepared = await builder.ensure(project, fn, { noCache: false, pull: false }, onLine, signal);
    const runtime = fn.source.kind === 'folder' ? fn.source.runtime.name : 'image';
    if (!present) this.#leave(`${short(prepared.revision)} (${runtime})`);
    return prepared;
  }

  async #withInstance(prepared: Prepared): Promise<void> {
    const { project, fn, engine, clock, ports, secrets, signal, emit } = this.#parts;
    signal.throwIfAborted();
    const spec = testSpec(fn.container);
    const release: Release = {
      number: 0,
      function: fn.name,
      revision: prepared.revision,
      image: prepared.image,
      spec,
      specHash: hashOf(spec),
      routes: [],
    };
    this.#enter('start-instance');
    const values = await secrets.values(Object.keys(spec.secrets));
    const { name, root } = project;
    const instance = await onFreePort({ engine, ports }, project.ports, (port) =>
      engine.start({
        project: { name, root },
        release,
        port,
        attempt: 0,
        purpose: 'test',
        secrets: values,
      }),
    );
    try {
      signal.throwIfAborted();
      this.#enter('await-healthy');
      await awaitHealthy({ engine, clock }, instance, spec, signal, (why) =>
        emit({ kind: 'step-waiting', function: fn.name, step: 'await-healthy', why }),
      );
      this.#enter('run-tests');
      for await (const { test, durationMs, problems } of testResults(fn, instance, signal)) {
        const passed = problems.length === 0;
        this.#tests.push({ name: test.name, passed, durationMs, problems });
        const request = requestOf(test);
        emit({ kind: 'test-done', function: fn.name, test: test.name, request, durationMs, problems });
      }
      if (this.#tests.some((test) => !test.passed)) this.#log = await lastLogLines(engine, instance.id);
      this.#enter('remove-instance');
    } finally {
      await discard(engine, instance);
    }
    this.#leave('');
  }

  #enter(step: StepKind): void {
    this.#step = step;
    this.#began = this.#parts.clock.now();
    this.#parts.emit({ kind: 'step-started', function: this.#parts.fn.name, step });
  }

  #leave(detail: string): void {
    const { fn, clock, emit } = this.#parts;
    const durationMs = clock.now() - this.#began;
    emit({ kind: 'step-done', function: fn.name, step: this.#step, durationMs, detail });
  }
}

/** The same but for its volumes: a test gets empty ones in memory, so that it never writes where the function does. */
function testSpec(spec: ContainerSpec): ContainerSpec {
  return { ...spec, volumes: {}, writable: [...spec.writable, ...Object.values(spec.volumes)] };
}

/** Also after Ctrl-C, so without its signal. */
async function discard(engine: Engine, instance: Instance): Promise<void> {
  try {
    await engine.stop(instance.id, GRACE_MS);
    await engine.remove(instance.id);
  } catch {
    // How the tests came out matters more; the next `faaso test` finds it and removes it.
  }
}
