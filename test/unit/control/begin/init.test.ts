import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished, describe, expect, test } from 'vitest';

import { init, initDefaults } from '../../../../src/control/begin/init.ts';
import { validate } from '../../../../src/control/begin/validate.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const REQUEST = { name: 'shop', function: 'hello', runtime: 'python', listen: '127.0.0.1:8080' };

const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('a new project', () => {
  test.each(['python', 'node'])('of %s is valid, and its folder is made', async (runtime) => {
    const root = join(tempFolder(), 'new', 'shop');
    const answer = await init({ ...REQUEST, root, runtime });
    expect(answer).toMatchObject({ url: 'http://127.0.0.1:8080/hello' });
    expect(below(root)).toEqual([...answer.files].sort());
    const location = { file: join(root, 'functions.yml'), overlays: [], env: {} };
    expect(await validate(location)).toEqual({ valid: true, functions: 1, routes: 1, diagnostics: [] });
  });

  test.each([
    ['null', '127.0.0.1:8081', '/null', 'http://127.0.0.1:8081/null'],
    ['123', '[::1]:8081', '/123', 'http://[::1]:8081/123'],
    ['1e3', '8081', '/1e3', 'http://127.0.0.1:8081/1e3'],
    ['true', '0.0.0.0:8081', '/true', 'http://127.0.0.1:8081/true'],
  ])('may be named %s and listen on %s', async (name, listen, _route, url) => {
    const root = tempFolder();
    const answer = await init({ ...REQUEST, root, name, function: name, listen });
    expect(answer.url).toBe(url);
    const location = { file: join(root, 'functions.yml'), overlays: [], env: {} };
    expect(await validate(location)).toMatchObject({ valid: true, functions: 1, routes: 1, diagnostics: [] });
  });

  test('has the name of its folder, made valid, and the next free port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      // Somebody may listen there already: all the same to this test.
      server.once('error', () => resolve()).listen({ host: '127.0.0.1', port: 8080 }, resolve);
    });
    onTestFinished(() => void server.close());
    const base = tempFolder();
    const defaults = await initDefaults(join(base, 'My Shop_2!'));
    expect(defaults).toMatchObject({
      name: 'my-shop-2',
      function: 'hello',
      runtime: 'python',
      busyPort: 8080,
    });
    expect(defaults.listen).toMatch(/^127\.0\.0\.1:8[01]\d\d$/);
    expect(defaults.listen).not.toBe('127.0.0.1:8080');
    expect((await initDefaults(join(base, '___'))).name).toBe('functions');
  });
});

describe('nothing is written', () => {
  const refused = async (root: string, change: Partial<typeof REQUEST>): Promise<unknown> =>
    await init({ ...REQUEST, root, ...change }).catch((error: unknown) => error);

  test.each([
    ['a name that is none', { name: 'My Shop' }, 'usage'],
    ['a function name that is none', { function: '../x' }, 'usage'],
    ['a runtime that is none', { runtime: 'pyton' }, 'runtime-unknown'],
    ['an address that is none', { listen: 'everywhere' }, 'usage'],
    ['a port that is none', { listen: '99999' }, 'usage'],
  ])('for %s', async (_title, change, code) => {
    const root = join(tempFolder(), 'shop');
    expect(await refused(root, change)).toMatchObject({ code, hint: expect.stringMatching(/\S/) });
    expect(readdirSync(join(root, '..'))).toEqual([]);
  });

  test('over a project, not even over an empty or broken one', async () => {
    const root = tempFolder();
    writeFileSync(join(root, 'functions.yml'), '');
    await expect(initDefaults(root)).rejects.toMatchObject({ code: 'file-exists' });
    expect(await refused(root, {})).toMatchObject({
      code: 'file-exists',
      hint: expect.stringContaining('faaso new'),
    });
    expect(below(root)).toEqual(['functions.yml']);
  });

  test('over a function folder, a file in the way, or a link that leads nowhere', async () => {
    const root = tempFolder();
    mkdirSync(join(root, 'functions', 'hello'), { recursive: true });
    expect(await refused(root, {})).toMatchObject({
      code: 'file-exists',
      message: 'functions/hello is there already',
    });
    expect(below(root)).toEqual([]);
    symlinkSync('nowhere', join(root, 'functions', 'other'));
    expect(await refused(root, { function: 'other' })).toMatchObject({ code: 'file-exists' });
    writeFileSync(join(root, 'file'), '');
    expect(await refused(join(root, 'file'), {})).toMatchObject({ code: 'file-exists' });
    expect(await refused(join(root, 'file', 'deep'), {})).toMatchObject({ code: 'file-exists' });
  });

  test('twice: of two at the same moment one is first', async () => {
    const root = tempFolder();
    const results = await Promise.allSettled([
      init({ ...REQUEST, root }),
      init({ ...REQUEST, root, function: 'b' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(join(root, 'functions'))).toHaveLength(1);
  });
});

describe('.gitignore', () => {
  const ignored = async (before: string | undefined, git: boolean): Promise<string | undefined> => {
    const root = tempFolder();
    if (git) mkdirSync(join(root, '.git'));
    if (before !== undefined) writeFileSync(join(root, '.gitignore'), before);
    const { files } = await init({ ...REQUEST, root });
    expect(files.includes('.gitignore')).toBe(below(root).includes('.gitignore') && read(root) !== before);
    return below(root).includes('.gitignore') ? read(root) : undefined;
  };
  const read = (root: string): string => readFileSync(join(root, '.gitignore'), 'utf8');

  test.each([
    ['is made in a repository of git', undefined, true, '.faaso/\n.env\n'],
    ['is not made elsewhere', undefined, false, undefined],
    ['gets what is missing', 'node_modules', false, 'node_modules\n.faaso/\n.env\n'],
    ['keeps its line ends', 'dist\r\n.env\r\n', true, 'dist\r\n.env\r\n.faaso/\r\n'],
    ['stays as it is when nothing is missing', '/.faaso\n.env', true, '/.faaso\n.env'],
  ])('%s', async (_title, before, git, after) => {
    expect(await ignored(before, git)).toBe(after);
  });
});

test('knows the project that a new one would lie in', async () => {
  const outer = tempFolder();
  expect((await initDefaults(join(outer, 'a/b'))).inside).toBeUndefined();
  writeFileSync(join(outer, 'functions.yml'), 'routes: {}\n');
  expect((await initDefaults(join(outer, 'a/b'))).inside).toBe(outer);
});
