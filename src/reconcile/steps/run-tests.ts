import { FaasoError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/hash.ts';
import type { FunctionSpec, TestCase } from '../../core/specs.ts';
import type { Instance } from '../../core/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { lastLogLines } from '../failure.ts';
import { explainFailure, httpCall } from '../http-call.ts';
import type { Answer } from '../http-call.ts';

const SHOWN = 300;

/** Runs a function's own tests against an instance, in order. Rejects with `test-failed`, listing every failure. */
export async function runTests(
  engine: Engine,
  fn: FunctionSpec,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  const failures: string[] = [];
  let failed = 0;
  for (const test of fn.tests) {
    const problems = await runTest(test, instance.port, fn.container.port, signal);
    if (problems.length === 0) continue;
    failed += 1;
    failures.push(
      `${test.name}: ${test.request.method} ${test.request.path}`,
      ...problems.map((line) => `  ${line}`),
    );
  }
  if (failed === 0) return;
  const log = await lastLogLines(engine, instance.id);
  throw new FaasoError('test-failed', `${failed} of ${fn.tests.length} tests failed`, {
    details: log.length === 0 ? failures : [...failures, 'its log:', ...log.map((line) => `  ${line}`)],
    hint: 'the tests are under "test:" in its metadata.yml',
  });
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

/** What differs between an answer and what a test expects, a line each. Pure. */
export function compare(test: TestCase, answer: Answer): string[] {
  const { expect } = test;
  const problems: string[] = [];
  const text = answer.body.toString('utf8');
  if (answer.status !== expect.status) {
    problems.push(`expected status ${expect.status}, got ${answer.status} with the body ${cut(text)}`);
  }
  for (const [name, value] of Object.entries(expect.headers)) {
    const got = answer.headers[name];
    const shown = got === undefined ? 'none' : String(got);
    if (shown !== value) problems.push(`expected header ${name}: ${value}, got ${shown}`);
  }
  if (expect.body !== undefined && text !== expect.body)
    problems.push(`expected body ${cut(expect.body)}, got ${cut(text)}`);
  if ('json' in expect && !isJson(text, expect.json)) {
    problems.push(`expected JSON ${cut(canonicalJson(expect.json))}, got ${cut(text)}`);
  }
  return problems;
}

function isJson(text: string, expected: unknown): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === canonicalJson(expected);
  } catch {
    return false;
  }
}

function cut(text: string): string {
  if (text === '') return '(empty)';
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`;
}
