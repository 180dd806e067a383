import { describe, expect, it } from 'vitest';

import type { TestCase } from '../../../src/core/specs.ts';
import { compare } from '../../../src/reconcile/compare.ts';

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

const json = (expected: unknown, got: unknown): string[] =>
  compare(expecting({ json: expected }), answer(JSON.stringify(got)));
const text = (expected: string, got: string): string[] => compare(expecting({ body: expected }), answer(got));

describe("a function's own test", () => {
  it('passes when everything that it names is equal', () => {
    const test = expecting({ headers: { 'content-type': 'application/json' }, json: { a: 1, b: [2] } });
    expect(
      compare(test, answer('{ "b": [2], "a": 1.0 }', { 'content-type': 'application/json', other: 'x' })),
    ).toEqual([]);
    expect(text('ok', 'ok')).toEqual([]);
    expect(json(null, null)).toEqual([]);
  });

  it('names each key and item that differs by its path', () => {
    expect(json({ sum: 3 }, { sum: 4 })).toEqual(['.sum: expected 3, got 4']);
    const expected = { a: { b: [1, { c: 'x' }, 3] }, 'two words': true, gone: null };
    const got = { a: { b: [1, { c: 'y' }] }, 'two words': 'true', more: [1], toString: 1 };
    expect(json(expected, got)).toEqual([
      '.a.b[1].c: expected "x", got "y"',
      '.a.b[2]: missing, expected 3',
      '["two words"]: expected true, got "true"',
      '.gone: missing, expected null',
      '.more: unexpected, got [1]',
      '.toString: unexpected, got 1',
    ]);
    expect(json([1], { 0: 1 })).toEqual(['body: expected [1], got {"0":1}']);
    expect(json([], [[]])).toEqual(['[0]: unexpected, got []']);
  });

  it('names the first line of a text that differs', () => {
    expect(text('ok', 'ok\n')).toEqual(['body: expected "ok", got "ok\\n"']);
    expect(text('a\nb\nc', 'a\nB\nc')).toEqual(['body, line 2: expected "b", got "B"']);
    expect(text('a\nb\nc', 'a\nb')).toEqual(['body, line 3: missing, expected "c"']);
    expect(text('a\nb', 'a\nb\nc\nd')).toEqual(['body, line 3: unexpected, got "c"']);
    expect(text('a\nb', 'a\nb\n')).toEqual(['body: expected "a\\nb", got "a\\nb\\n"']);
    expect(text('ok', '')).toEqual(['body: expected "ok", got none']);
  });

  it('shows long texts around their difference', () => {
    const same = 'x'.repeat(5000);
    expect(text(`${same}a`, `${same}b`)).toEqual([
      `body: they differ from character 5001 on: expected …"${'x'.repeat(20)}a", got …"${'x'.repeat(20)}b"`,
    ]);
  });

  it('shows the body, and does not compare it, when the status is another one', () => {
    const test = expecting({ status: 201, headers: { 'x-a': '1' }, json: { a: 1 } });
    expect(compare(test, answer('{"a":2}'))).toEqual([
      'status: expected 201, got 200 with the body {"a":2}',
      'header x-a: expected 1, got none',
    ]);
    expect(compare(test, answer(''))[0]).toBe('status: expected 201, got 200 with the body (empty)');
    expect(compare(test, answer('y'.repeat(5000)))[0]).toMatch(/y{300}… \(5000 characters\)$/);
  });

  it('does not take a body that is no JSON for null', () => {
    expect(compare(expecting({ json: null }), answer(''))).toEqual(['body: expected JSON, got (empty)']);
    expect(compare(expecting({ json: null }), answer('<html>'))).toEqual(['body: expected JSON, got <html>']);
  });

  it('counts what would be too much to read', () => {
    const problems = json(Array(1000).fill(1), Array(1000).fill(2));
    expect(problems).toHaveLength(13);
    expect(problems.at(-1)).toBe('… and 988 more differences');
  });

  it('stands an answer that is nested without end', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(compare(expecting({ json: 1 }), answer(deep))).toEqual([
      'body: expected 1, got something that is nested too deeply to be shown',
    ]);
  });
});
