import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { addRoute } from '../../../src/config/add-route.ts';
import type { FunctionName, RoutePath } from '../../../src/core/names.ts';
import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';

function path(text: string): RoutePath {
  const parsed = parseRoutePath(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.path;
}

function name(text: string): FunctionName {
  const parsed = parseFunctionName(text);
  if (parsed === undefined) throw new Error(`${text} is no name`);
  return parsed;
}

const add = (text: string): string => {
  const edit = addRoute(text, path('/new'), name('fn'));
  return edit.kind === 'edited' ? edit.text : edit.kind;
};

describe('a route is added', () => {
  test.each([
    ['behind the last', 'routes:\n  /a: a\n', 'routes:\n  /a: a\n  /new: fn\n'],
    ['in the indentation that is there', 'routes:\n    /a: a\n', 'routes:\n    /a: a\n    /new: fn\n'],
    [
      'behind a comment at the end of the line',
      'routes:\n  /a: a # one\n',
      'routes:\n  /a: a # one\n  /new: fn\n',
    ],
    [
      'before comments and keys that follow',
      'routes:\n  /a: a\n\n# functions\nfunctions: {}\n',
      'routes:\n  /a: a\n  /new: fn\n\n# functions\nfunctions: {}\n',
    ],
    [
      'behind a long form',
      'routes:\n  /a:\n    function: a\n    methods: [GET] # only\n  # end\nname: x\n',
      'routes:\n  /a:\n    function: a\n    methods: [GET] # only\n  /new: fn\n  # end\nname: x\n',
    ],
    [
      'behind a list',
      'routes:\n  /a:\n    - function: a\n      host: x.org\n',
      'routes:\n  /a:\n    - function: a\n      host: x.org\n  /new: fn\n',
    ],
    ['without a last line end', 'routes:\n  /a: a', 'routes:\n  /a: a\n  /new: fn'],
    [
      'with line ends of Windows',
      'name: x\r\nroutes:\r\n  /a: a\r\nports: 1-2\r\n',
      'name: x\r\nroutes:\r\n  /a: a\r\n  /new: fn\r\nports: 1-2\r\n',
    ],
    ['behind a byte order mark', '\uFEFFroutes:\n  /a: a\n', '\uFEFFroutes:\n  /a: a\n  /new: fn\n'],
    ['in braces', 'routes: { /a: a }\n', 'routes: { /a: a, /new: fn }\n'],
    ['in empty braces', 'routes: {} # none\n', 'routes: { /new: fn } # none\n'],
    ['in braces over lines', 'routes: {\n  /a: a # one\n}\n', 'routes: {\n  /a: a, # one\n  /new: fn\n}\n'],
    [
      'in braces with a last comma',
      'routes: {\n  /a: a, # one\n}\n',
      'routes: {\n  /a: a, # one\n  /new: fn,\n}\n',
    ],
    ['in braces that close on the line', 'routes: {\n  /a: a }\n', 'routes: {\n  /a: a,\n  /new: fn }\n'],
    ['under a key without a value', 'routes: # none\nname: x\n', 'routes: # none\n  /new: fn\nname: x\n'],
    ['under a key without a value at the end', 'routes:', 'routes:\n  /new: fn'],
    ['instead of null', 'routes: ~ # none\n', 'routes: { /new: fn } # none\n'],
    ['where there are no routes', 'name: x # mine\n# end\n', 'name: x # mine\nroutes:\n  /new: fn\n# end\n'],
    ['behind an empty value', 'name: x\nfunctions:\n', 'name: x\nfunctions:\nroutes:\n  /new: fn\n'],
    ['in an empty file', '', 'routes:\n  /new: fn\n'],
    ['in a file of comments', '# mine\n', '# mine\nroutes:\n  /new: fn\n'],
    [
      'where all keys are indented',
      '  name: x\n  routes:\n    /a: a\n',
      '  name: x\n  routes:\n    /a: a\n    /new: fn\n',
    ],
    [
      'where the document is marked',
      '---\nroutes:\n  /a: a\n...\n',
      '---\nroutes:\n  /a: a\n  /new: fn\n...\n',
    ],
    ['in JSON', '{"routes": {"/a": "a"}}\n', '{"routes": {"/a": "a", "/new": "fn"}}\n'],
    [
      'in JSON over lines',
      '{\n  "name": "x",\n  "routes": {\n    "/a": "a"\n  }\n}\n',
      '{\n  "name": "x",\n  "routes": {\n    "/a": "a",\n    "/new": "fn"\n  }\n}\n',
    ],
    ['in JSON with empty routes', '{"routes": {}}', '{"routes": { "/new": "fn" }}'],
    ['in JSON without routes', '{"name": "x"}', '{"name": "x", "routes": { "/new": "fn" }}'],
    ['in JSON without anything', '{}', '{ routes: { /new: fn } }'],
    [
      'behind a block of text',
      'routes:\n  /a: a\nname: |\n  x\n',
      'routes:\n  /a: a\n  /new: fn\nname: |\n  x\n',
    ],
    ['behind a block of text at the end', 'name: >-\n  x\n', 'name: >-\n  x\nroutes:\n  /new: fn\n'],
  ])('%s', (_title, before, after) => {
    expect(add(before)).toBe(after);
  });

  test.each([
    ['/a:', 'fn', 'routes:\n  "/a:": fn\n'],
    ["/it's", 'fn', 'routes:\n  "/it\'s": fn\n'],
    ['/n', '123', 'routes:\n  /n: "123"\n'],
    ['/n', 'null', 'routes:\n  /n: "null"\n'],
    ['/n', '1e3', 'routes:\n  /n: "1e3"\n'],
  ])('as %s → %s, quoted where YAML would read something else', (route, fn, after) => {
    expect(addRoute('', path(route), name(fn))).toEqual({ kind: 'edited', text: after });
  });
});

describe('a route that is there already', () => {
  test.each([
    ['routes:\n  /new: other\n', 'other'],
    ['routes:\n  /new/: other\n', 'other'],
    ['routes: { "/new": { function: other } }\n', ''],
  ])('of %j is not written again', (text, fn) => {
    expect(addRoute(text, path('/new'), name('fn'))).toEqual({ kind: 'taken', function: fn });
  });
});

describe('a person has to add it', () => {
  test.each([
    ['routes: *other\n'],
    ['other: &o {/a: a}\nroutes: *o\n'],
    ['other: &o\n  /a: a\nroutes: *o\n'],
    ['routes: &o\n  /a: a\nother: *o\n'],
    ['routes: [a]\n'],
    ['routes: text\n'],
    ['- a\n'],
    ['text'],
    ['routes: &o\nname: x\n'],
    ['routes: { # none\n}\n'],
    ['---\n...\n'],
    ['a: [\n'],
    ['a: 1\na: 2\n'],
    ['routes:\n\t/a: a\n'],
    ['a: 1\n---\nb: 1\n'],
    ['['.repeat(1000)],
  ])('to %j', (text) => {
    expect(add(text)).toBe('refused');
  });
});

describe('whatever the file holds', () => {
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const comment = fc.constantFrom('', '', ' # why', ' # a: b');
  const blank = fc.constantFrom('', '', '\n', '# note\n', '\n\n# note: x\n');
  const value = fc.oneof(
    word,
    word.map((text) => `"${text}"`),
    fc.constantFrom('', '~', '[a, b]', '{ a: b }', '{a: b, c: [d]}', '1.5'),
  );
  const nested = fc
    .array(fc.tuple(word, value), { minLength: 1, maxLength: 3 })
    .map((items) => items.map(([key, text]) => `    ${key}: ${text}`.trimEnd() + '\n').join(''));
  const route = fc
    .tuple(
      word,
      fc.oneof(
        word.map((text) => ` ${text}`),
        nested.map((text) => `\n${text.trimEnd()}`),
      ),
      comment,
    )
    .map(([key, text, note]) => `  /${key}:${text}${note}\n`);
  const routes = fc.oneof(
    fc
      .tuple(
        comment,
        fc.array(
          fc.tuple(
            blank.map((text) => text.replaceAll('#', '  #')),
            route,
          ),
          { maxLength: 4 },
        ),
      )
      .map(([note, items]) => `routes:${note}\n${items.flat().join('')}`),
    fc.constantFrom('routes: {}\n', 'routes: { /a: a }\n', 'routes: {\n  /a: a,\n}\n', 'routes: ~\n', ''),
  );
  const key = fc.oneof(
    fc.tuple(word, value, comment).map(([left, text, note]) => `${left}x: ${text}${note}\n`),
    fc.tuple(word, nested).map(([left, text]) => `${left}x:\n${text}`),
    word.map((left) => `${left}x: |\n  text\n   more\n\n`),
  );
  const file = fc
    .tuple(
      blank,
      fc.array(key, { maxLength: 3 }),
      routes,
      blank,
      fc.array(key, { maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([top, before, middle, between, after, windows, ends]) => {
      const text = top + before.join('') + middle + between + after.join('');
      const ended = ends ? text : text.replace(/\n$/, '');
      return windows ? ended.replaceAll('\n', '\r\n') : ended;
    });

  test('one route more is all that differs, and no character is lost', () => {
    let edited = 0;
    fc.assert(
      fc.property(file, (text) => {
        const edit = addRoute(text, path('/new/er'), name('fn'));
        if (edit.kind !== 'edited') return;
        edited += 1;
        const before = (parse(text) ?? {}) as Record<string, unknown>;
        const after = parse(edit.text) as Record<string, unknown>;
        const wanted = { ...(before['routes'] as object | null), '/new/er': 'fn' };
        expect(after).toEqual({ ...before, routes: wanted });
        expect(Object.keys(after).filter((item) => item !== 'routes')).toEqual(
          Object.keys(before).filter((item) => item !== 'routes'),
        );
        expect(/routes: (?:\{\}|~)/.test(text) || isSubsequence(text, edit.text)).toBe(true);
        expect(edit.text.split('\n').filter((row) => row.endsWith('\r')).length > 0).toBe(
          text.includes('\r\n'),
        );
      }),
      { numRuns: 500 },
    );
    expect(edited).toBeGreaterThan(250);
  });
});

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const char of whole) if (char === part[at]) at += 1;
  return at === part.length;
}
