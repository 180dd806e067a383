import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import type { LoadResult } from '../../../src/config/load.ts';
import { loadProject } from '../../../src/config/load.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { projectFolder } from '../../support/project-folder.ts';

const MISSING = 'there is no such file; put it back, or name another';
const templates = fileURLToPath(new URL('../../support/templates', import.meta.url));
const MEBI = 1024 ** 2;
/** Milliseconds of processor time: three times the goal. */
const LIMIT = 3000;

/** The messages of a project that must be refused, with their lines, in time. */
async function refused(files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> {
  const { file } = projectFolder(files);
  let messages: readonly string[] = [];
  const used = await cpuTime(async () => {
    messages = messagesOf(await loadProject({ file, env: {}, templates }));
  });
  expect(used).toBeLessThan(LIMIT);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  return messages;
}

function messagesOf(result: LoadResult): readonly string[] {
  if (result.kind === 'valid') return [];
  return result.diagnostics.map(
    ({ place, message }) => `${place === undefined ? '' : `${place.line}: `}${message}`,
  );
}

describe('text that could exhaust the parser is refused', { timeout: 30_000 }, () => {
  const levels = Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
  const both = Array.from({ length: 30 }, (_, level) => {
    const indent = ' '.repeat(3 * level);
    return `${indent}a:\n${indent}- b:`;
  }).join('\n');
  const lists = Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}-`).join('\n');

  test.each([
    ['4 KB of "["', '['.repeat(4096)],
    ['1 MiB of "["', '['.repeat(MEBI)],
    ['1 MiB of "{"', '{'.repeat(MEBI)],
    ['"[{a: " over and over', '[{a: '.repeat(100_000)],
    ['dashes on one line', '- '.repeat(100_000)],
    ['question marks on one line', '? '.repeat(100_000)],
    ['mappings in mappings', levels],
    ['lists in lists', lists],
    ['brackets behind a text with brackets', `a: "]]]]"\nb: ${'['.repeat(5000)}`],
  ])('%s: nested too deep', async (_, text) => {
    expect(await refused({ 'functions.yml': text })).toEqual([
      expect.stringMatching(/^\d+: nested more than 64 levels deep$/),
    ]);
  });

  test.each([
    ['200,000 items', `[${'a, '.repeat(200_000)}]`],
    ['100,000 dashes', '- a\n'.repeat(100_000)],
    ['empty lines', '\n'.repeat(MEBI)],
    ['100,000 documents', '---\n'.repeat(200_000)],
  ])('%s: too much', async (_, text) => {
    expect(await refused({ 'functions.yml': text })).toEqual([
      expect.stringMatching(/^\d+: there is too much in this file$/),
    ]);
  });

  test('what is nested a little less is parsed', async () => {
    expect((await refused({ 'functions.yml': both }))[0]).toMatch(/^1: unknown key "a"/);
  });

  test.each([
    [
      'in a quoted text',
      `name: demo\nroutes: {}\nfunctions:\n  a: { image: x, env: { A: "${'['.repeat(5000)}" } }`,
    ],
    ['in a comment', `routes: {} # ${'['.repeat(5000)}`],
    [
      'in a block of text',
      `functions:\n  a:\n    image: x\n    env:\n      A: |\n        ${'[ - ? { '.repeat(500)}\n`,
    ],
  ])('but brackets %s are no nesting', async (_, text) => {
    expect(await refused({ 'functions.yml': text })).toEqual([]);
  });
});

describe('aliases', { timeout: 30_000 }, () => {
  test('that multiply to a billion are refused', async () => {
    const rows = Array.from(
      { length: 9 },
      (_, row) => `a${row + 1}: &a${row + 1} [${`*a${row}, `.repeat(10)}]`,
    );
    const [message] = await refused({
      'functions.yml': `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${rows.join('\n')}`,
    });
    expect(message).toMatch(/^\d+: aliases repeat too much$/);
  });

  test('that nest too deep are refused', async () => {
    const rows = Array.from({ length: 70 }, (_, row) => `a${row + 1}: &a${row + 1} [*a${row}]`);
    expect(await refused({ 'functions.yml': `a0: &a0 x\n${rows.join('\n')}` })).toContain(
      '65: aliases nest too deep',
    );
  });

  test('to themselves are refused', async () => {
    expect(await refused({ 'functions.yml': 'functions: &a { x: *a }' })).toEqual([
      '1: the alias *a has no complete anchor &a before it',
    ]);
  });

  test('20,000 anchors that nothing needs are only unknown keys', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: &a${index} x`).join('\n');
    const messages = await refused({ 'functions.yml': text });
    expect(messages).toHaveLength(101);
    expect(messages.at(-1)).toBe('19900 more problems are not listed');
  });
});

describe('a file that is no text is refused', { timeout: 30_000 }, () => {
  test.each([
    [
      'of 10 MB',
      'a'.repeat(10_000_000),
      'the file is too long: 9.5 MiB, and at most 1 MiB is read; is it the right one?',
    ],
    ['with a NUL', 'name: a\0b', '1: the file is not plain text: here is the control character 0x00'],
    [
      'with an escape',
      'name: a\nx: \u001b[2J',
      '2: the file is not plain text: here is the control character 0x1b',
    ],
    [
      'that is binary',
      new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]),
      '1: the file is not plain text: here is the control character 0x7f',
    ],
    [
      'in Latin-1',
      new Uint8Array([0x61, 0x3a, 0x20, 0xfc]),
      '1: the file is not UTF-8 text; save it as UTF-8',
    ],
    [
      'in UTF-16',
      new Uint8Array([0xff, 0xfe, 0x61, 0]),
      '1: the file is not UTF-8 text; it looks like UTF-16; save it as UTF-8',
    ],
    ['of 0 bytes', '', 'the file is empty; write at least "functions: {}"'],
    ['with only a byte order mark', '\ufeff', 'the file is empty; write at least "functions: {}"'],
    ['with a NUL written out', 'name: "a\\0b"', '1: this text has a NUL character'],
  ])('%s', async (_, content, message) => {
    expect((await refused({ 'functions.yml': content }))[0]).toBe(message);
  });

  test('a byte order mark before the text is no problem', async () => {
    expect(await refused({ 'functions.yml': '\ufeffroutes: {}' })).toEqual([]);
  });

  test('Windows line ends are no problem', async () => {
    expect(await refused({ 'functions.yml': 'routes: {}\r\nfunctions:\r\n  a: { image: x }\r\n' })).toEqual(
      [],
    );
  });
});

describe('keys that mean something to JavaScript', () => {
  test.each([
    '__proto__: { polluted: 1 }',
    '"__proto__": { polluted: 1 }',
    'constructor: { prototype: { polluted: 1 } }',
  ])('%s is refused and changes nothing', async (text) => {
    expect(await refused({ 'functions.yml': text })).not.toEqual([]);
    expect(await refused({ 'functions.yml': `functions:\n  a:\n    image: x\n    ${text}` })).not.toEqual([]);
  });

  test('a merge key brings nothing in', async () => {
    const text = 'functions:\n  a: { image: x, <<: { __proto__: { polluted: 1 } } }';
    expect((await refused({ 'functions.yml': text }))[0]).toMatch(/^2: merge keys/);
  });
});

/** Node itself has no call for it. */
function makePipe(file: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$0"', file]);
}

describe('what is there instead of the file is named', () => {
  test.each([
    [
      'a folder',
      (file: string) => mkdirSync(file),
      'this is a folder, not a file; name the file in it, or put a file in its place',
    ],
    [
      'a link loop',
      (file: string) => symlinkSync('functions.yml', file),
      'this is a symbolic link that leads back to itself; put a file in its place',
    ],
    ['a link to nowhere', (file: string) => symlinkSync('nowhere', file), MISSING],
    [
      'a device',
      (file: string) => symlinkSync('/dev/zero', file),
      'this is not a regular file; put a text file in its place',
    ],
    ['a named pipe', makePipe, 'this is not a regular file; put a text file in its place'],
    ['nothing', () => undefined, MISSING],
  ])('%s', async (_, make, message) => {
    const { file } = projectFolder();
    make(file);
    expect(messagesOf(await loadProject({ file, env: {}, templates }))).toEqual([message]);
  });

  test('no folder', async () => {
    const { root, file } = projectFolder();
    rmSync(root, { recursive: true });
    expect(messagesOf(await loadProject({ file, env: {}, templates }))).toEqual([MISSING]);
  });

  test('a file without permission', async () => {
    const { root, file } = projectFolder({ 'functions.yml': 'routes: {}' });
    chmodSync(file, 0);
    chmodSync(dirname(root), 0o755);
    const isRoot = process.geteuid?.() === 0;
    // As nobody, because root may read everything.
    if (isRoot) process.seteuid?.(65_534);
    const result = await loadProject({ file, env: {}, templates }).finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    expect(messagesOf(result)).toEqual([
      expect.stringMatching(/^the file cannot be read: user \d+ may not; let it \(chmod a\+r/),
    ]);
  });
});

describe("a function's folder", () => {
  test('that is a link out of the project is refused', async () => {
    const { root, file } = projectFolder({ 'functions.yml': 'routes: { /a: a }', 'functions/x': '' });
    symlinkSync('/etc', join(root, 'functions', 'a'));
    expect(messagesOf(await loadProject({ file, env: {}, templates }))).toEqual([
      '1: "functions/a" leads out of the project\'s folder',
    ]);
  });

  test('that is a link inside the project is followed', async () => {
    const { root, file } = projectFolder({
      'functions.yml': 'routes: { /a: a }',
      'lib/a/metadata.yml': 'runtime: python',
      'lib/a/app.py': '',
      'functions/x': '',
    });
    symlinkSync('../lib/a', join(root, 'functions', 'a'));
    const result = await loadProject({ file, env: {}, templates });
    expect(result).toMatchObject({
      project: { functions: [{ source: { folder: join(root, 'lib', 'a') } }] },
    });
  });

  test('whose metadata.yml is a link out of the project is refused', async () => {
    const { root, file } = projectFolder({ 'functions.yml': 'routes: { /a: a }', 'functions/a/app.py': '' });
    symlinkSync('/etc/passwd', join(root, 'functions', 'a', 'metadata.yml'));
    expect(messagesOf(await loadProject({ file, env: {}, templates }))).toEqual([
      "the file leads out of the project's folder",
    ]);
  });

  test('cannot take a file through a link out of the project', async () => {
    const { root, file } = projectFolder({
      'functions.yml': 'routes: { /a: a }',
      'functions/a/metadata.yml': 'runtime: python\nfiles: [secret]',
      'functions/a/app.py': '',
    });
    symlinkSync('/etc/shadow', join(root, 'functions', 'a', 'secret'));
    expect(messagesOf(await loadProject({ file, env: {}, templates }))).toEqual([
      '2: "secret" leads out of the project\'s folder',
    ]);
  });
});
