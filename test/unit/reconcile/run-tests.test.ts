import { describe, expect, it } from 'vitest';

import type { TestCase } from '../../../src/core/specs.ts';
import { compare } from '../../../src/reconcile/steps/run-tests.ts';

function expecting(expected: Partial<TestCase['expect']>): TestCase {
  return {
    name: 'adds',
    request: { method: 'GET', path: '/', headers: {} },
    expect: { status: 200, headers: {}, ...expected },
    timeoutMs: 1000,
  };
}

function answer(body: string, headers: Readonly<Record<string, string>> = {}): Parameters<typeof compare>[1] {
  return { status: 200, headers, body: Buffer.from(body) };
}

describe("a function's own test", () => {
  it('passes when everything that it names is equal', () => {
    const test = expecting({ headers: { 'content-type': 'application/json' }, json: { a: 1, b: [2] } });
    expect(
      compare(test, answer('{ "b": [2], "a": 1.0 }', { 'content-type': 'application/json', other: 'x' })),
    ).toEqual([]);
    expect(compare(expecting({ body: 'ok' }), answer('ok'))).toEqual([]);
    expect(compare(expecting({ json: null }), answer('null'))).toEqual([]);
  });

  it('names each thing that differs', () => {
    const test = expecting({ status: 201, headers: { 'x-a': '1' }, json: { a: 1 } });
    expect(compare(test, answer('{"a":2}'))).toEqual([
      'expected status 201, got 200 with the body {"a":2}',
      'expected header x-a: 1, got none',
      'expected JSON {"a":1}, got {"a":2}',
    ]);
    expect(compare(expecting({ body: 'ok' }), answer('ok\n'))).toEqual(['expected body ok, got ok\n']);
  });

  it('does not take a body that is no JSON for null', () => {
    expect(compare(expecting({ json: null }), answer(''))).toEqual(['expected JSON null, got (empty)']);
    expect(compare(expecting({ json: null }), answer('<html>'))).toEqual(['expected JSON null, got <html>']);
  });

  it('cuts a long body', () => {
    const [problem] = compare(expecting({ body: 'short' }), answer('x'.repeat(5000)));
    expect(problem).toBe(`expected body short, got ${'x'.repeat(300)}… (5000 characters)`);
  });
});
