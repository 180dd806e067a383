import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isName, parseFunctionName, parseRevision, parseRoutePath, short } from '../../../src/core/names.ts';

describe('a name', () => {
  it.each(['a', '0', 'sum', 'a-b', 'a--b', 'x'.repeat(63), 'constructor'])('may be %s', (text) => {
    expect([isName(text), parseFunctionName(text)]).toEqual([true, text]);
  });

  it.each([
    '',
    '-a',
    'a-',
    '-',
    'A',
    'a_b',
    'a.b',
    'a/b',
    '..',
    'a b',
    'ä',
    'а',
    'a\n',
    'x'.repeat(64),
    '__proto__',
  ])('may not be %j', (text) => {
    expect([isName(text), parseFunctionName(text)]).toEqual([false, undefined]);
  });
});

describe('a path', () => {
  it.each([
    ['/', '/'],
    ['/sum', '/sum'],
    ['/sum/', '/sum'],
    ['/a/b.c/~d', '/a/b.c/~d'],
    ['/%C3%A4', '/%C3%A4'],
    ['/...', '/...'],
    ['/a/_faaso', '/a/_faaso'],
    ['/_faasos', '/_faasos'],
    ['/constructor', '/constructor'],
  ])('%s is the route %s', (text, path) => {
    expect(parseRoutePath(text)).toEqual({ ok: true, path });
  });

  it.each([
    ['', 'a path starts with "/"'],
    ['sum', 'a path starts with "/"'],
    [`/${'x'.repeat(1024)}`, 'a path has at most 1024 characters'],
    ['//', 'a path has no empty segment ("//")'],
    ['/a//b', 'a path has no empty segment ("//")'],
    ['/a//', 'a path has no empty segment ("//")'],
    ['/.', 'a path has no "." or ".." segment'],
    ['/a/../b', 'a path has no "." or ".." segment'],
    ['/%2e%2E/b', 'a path has no "." or ".." segment'],
    ['/a/.%2e', 'a path has no "." or ".." segment'],
    ['/a b', '"a b" has a character that no URL path has; percent-encode it'],
    ['/a?b', '"a?b" has a character that no URL path has; percent-encode it'],
    ['/a#b', '"a#b" has a character that no URL path has; percent-encode it'],
    ['/100%', '"100%" has a character that no URL path has; percent-encode it'],
    ['/ä', '"ä" has a character that no URL path has; percent-encode it'],
    ['/a\\b', '"a\\b" has a character that no URL path has; percent-encode it'],
    ['/_faaso', 'paths under "/_faaso" are reserved'],
    ['/_faaso/x', 'paths under "/_faaso" are reserved'],
  ])('%j is none: %s', (text, problem) => {
    expect(parseRoutePath(text)).toEqual({ ok: false, problem });
  });

  it('parses to itself once it is parsed', () => {
    fc.assert(
      fc.property(fc.webPath(), (text) => {
        const first = parseRoutePath(text);
        fc.pre(first.ok);
        expect(parseRoutePath(first.path)).toEqual(first);
      }),
    );
  });

  it('is the same URL path to a browser', () => {
    fc.assert(
      fc.property(fc.webPath(), (text) => {
        const parsed = parseRoutePath(text);
        fc.pre(parsed.ok);
        expect(new URL(parsed.path, 'http://h').pathname).toBe(parsed.path);
      }),
    );
  });
});

it('a revision is 16 hexadecimal digits', () => {
  expect(parseRevision('0123456789abcdef')).toBe('0123456789abcdef');
  for (const text of ['', '0123456789abcde', '0123456789abcdef0', '0123456789ABCDEF', '0123456789abcdeg']) {
    expect(parseRevision(text)).toBeUndefined();
  }
  expect(short('0123456789abcdef')).toBe('01234567');
});
