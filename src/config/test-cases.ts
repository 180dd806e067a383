import type { TestCase } from '../core/specs.ts';
import { DEFAULTS } from './defaults.ts';
import { methodProblem } from './methods.ts';
import type { RawTest } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

type RawRequest = NonNullable<RawTest['request']>;

/** The function's own tests with their defaults. */
export function testCases(scope: Scope, tests: readonly RawTest[]): readonly TestCase[] {
  return tests.map((test, index) => testCase(scope.in('test', String(index)), test));
}

function testCase(scope: Scope, raw: RawTest): TestCase {
  const request = raw.request ?? {};
  const inRequest = scope.in('request');
  const inExpect = scope.in('expect');
  const body = requestBody(inRequest, request);
  const method = request.method ?? (body === undefined ? 'GET' : 'POST');
  const wrong = methodProblem(method);
  if (wrong !== undefined) inRequest.error('method', wrong.message, wrong.suggestion);

  const { status = DEFAULTS.test.status, json, body: expected } = raw.expect;
  const hasBody = json !== undefined || expected !== undefined;
  if (json !== undefined && expected !== undefined)
    inExpect.error('body', 'expect has both json and body; keep one');
  if (hasBody && method === 'HEAD') inExpect.error(undefined, 'an answer to HEAD never has a body');
  if (hasBody && (status === 204 || status === 205 || status === 304)) {
    inExpect.error('status', `an answer with status ${status} never has a body`);
  }
  const headers = lowerCase(inRequest.in('headers'), request.headers ?? {});
  return {
    name: raw.name,
    request: {
      method,
      path: request.path ?? DEFAULTS.test.path,
      headers: request.json === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    },
    expect: {
      status,
      headers: lowerCase(inExpect.in('headers'), raw.expect.headers ?? {}),
      ...(json === undefined ? {} : { json }),
      ...(expected === undefined ? {} : { body: expected }),
    },
    timeoutMs: scope.duration('timeout', raw.timeout, DEFAULTS.test.timeout, { min: 1 }),
  };
}

function requestBody(scope: Scope, request: RawRequest): string | undefined {
  if (request.json !== undefined && request.body !== undefined)
    scope.error('body', 'request has both json and body; keep one');
  return request.json === undefined ? request.body : JSON.stringify(request.json);
}

function lowerCase(
  scope: Scope,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const result = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (result.has(lower)) scope.error(name, `header ${quoted(lower)} is there twice`);
    result.set(lower, value);
  }
  return Object.fromEntries(result);
}
