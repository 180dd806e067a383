import { FaasoError } from '../../core/errors.ts';
import type { FunctionSpec, TestCase } from '../../core/specs.ts';
import type { Instance } from '../../core/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { compare } from '../compare.ts';
import { lastLogLines } from '../failure.ts';
import { explainFailure, httpCall } from '../http-call.ts';

/** How one test came out. */
export interface TestResult {
  readonly test: TestCase;
  readonly durationMs: number;
  /** What differs from what it expects; empty when it passed. */
  readonly problems: readonly string[];
}

/** Runs a function's own tests against an instance, in order. Rejects with `test-failed`, listing every failure. */
export async function runTests(
  engine: Engine,
  fn: FunctionSpec,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  const failures: string[] = [];
  let failed = 0;
  for await (const { test, problems } of testResults(fn, instance, signal)) {
    if (problems.length === 0) continue;
    failed += 1;
    failures.push(`${test.name}: ${requestOf(test)}`, ...problems.map((line) => `  ${line}`));
  }
  if (failed === 0) return;
  const log = await lastLogLines(engine, instance.id);
  throw new FaasoError('test-failed', `${failed} of ${fn.tests.length} tests failed`, {
    details: log.length === 0 ? failures : [...failures, 'its log:', ...log.map((line) => `  ${line}`)],
    hint: 'the tests are under "test:" in its metadata.yml',
  });
}

/** Runs a function's own tests, in order, telling of each as it ends. Rejects with the signal's reason. */
export async function* testResults(
  fn: FunctionSpec,
  instance: Instance,
  signal: AbortSignal,
): AsyncGenerator<TestResult> {
  for (const test of fn.tests) {
    const began = performance.now();
    const problems = await runTest(test, instance.port, fn.container.port, signal);
    yield { test, durationMs: Math.round(performance.now() - began), problems };
  }
}

/** What a test asks: `POST /`. */
export function requestOf({ request }: TestCase): string {
  return `${request.method} ${request.path}`;
}

async function runTest(
  test: TestCase,
  port: number,
  containerPort: number,
  signal: AbortSignal,
): Promise<string[]> {
  const { request } = test;
  try {
    const answer = await httpCall({
      port,
      method: request.method,
      path: request.path,
      headers: request.headers,
      timeoutMs: test.timeoutMs,
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return compare(test, answer);
  } catch (error) {
    signal.throwIfAborted();
    return [explainFailure(error, test, containerPort)];
  }
}
