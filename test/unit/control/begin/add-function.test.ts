import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { begin } from '../../../../src/control/begin/begin.ts';
import type { NewAnswer } from '../../../../src/control/begin/api.ts';
import { validate } from '../../../../src/control/begin/validate.ts';
import type { ProjectFolder } from '../../../support/project-folder.ts';
import { projectFolder } from '../../../support/project-folder.ts';

const add = async (
  { file }: ProjectFolder,
  name: string,
  path?: string | null,
  runtime = 'python',
): Promise<NewAnswer> => await begin.addFunction({ file, overlays: [], env: {} }, { name, runtime, path });
const text = ({ file }: ProjectFolder): string => readFileSync(file, 'utf8');

describe('a new function', () => {
  test.each(['python', 'node'])('of %s has a folder and a route, and is valid', async (runtime) => {
    const folder = projectFolder({ 'functions.yml': '# mine\nroutes: {}\n' });
    chmodSync(folder.file, 0o640);
    const answer = await add(folder, 'dice', undefined, runtime);
    expect(answer).toMatchObject({ function: 'dice', runtime, route: '/dice', edited: 'functions.yml' });
    expect(answer.files).toContain('functions/dice/metadata.yml');
    expect(text(folder)).toBe('# mine\nroutes: { /dice: dice }\n');
    expect(statSync(folder.file).mode & 0o777).toBe(0o640);
    expect(await validate({ file: folder.file, overlays: [], env: {} })).toMatchObject({
      valid: true,
      diagnostics: [],
    });
    expect(readdirSync(join(folder.root, 'functions'))).toEqual(['dice']);
  });

  test('is served elsewhere, or nowhere', async () => {
    const folder = projectFolder({ 'functions.yml': 'routes:\n' });
    expect(await add(folder, 'daily', '/reports/daily/')).toMatchObject({ route: '/reports/daily' });
    expect(await add(folder, 'hidden', null)).toMatchObject({ route: null, edited: null });
    expect(text(folder)).toBe('routes:\n  /reports/daily: daily\n');
  });

  test('that a route leads to already gets its folder alone', async () => {
    const before = 'routes:\n  /dice: dice\nfunctions:\n  dice: { env: { A: b } }\n';
    const folder = projectFolder({ 'functions.yml': before });
    expect(await add(folder, 'dice')).toMatchObject({ route: '/dice', edited: null });
    expect(text(folder)).toBe(before);
  });

  test("comes from the project's own templates first", async () => {
    const folder = projectFolder({
      'functions.yml': 'functions: {}\n',
      'templates/python/runtime.yml': 'name: python\nbases: { build: [a:1], run: [a:1] }\n',
      'templates/python/scaffold/deep/own.py': 'x = 1\n',
      'templates/python/scaffold/metadata.yml': 'runtime: python\n',
    });
    expect((await add(folder, 'dice')).files).toEqual([
      'functions/dice/deep/own.py',
      'functions/dice/metadata.yml',
    ]);
  });

  test('is written to the file that a link leads to; the link stays', async () => {
    const folder = projectFolder({ 'real.yml': 'routes: {}\n' });
    symlinkSync('real.yml', folder.file);
    await add(folder, 'dice');
    expect(readFileSync(join(folder.root, 'real.yml'), 'utf8')).toContain('/dice');
    expect(readdirSync(folder.root).sort()).toEqual(['functions', 'functions.yml', 'real.yml']);
  });

  test('and another at the same moment both get their route', async () => {
    const folder = projectFolder({ 'functions.yml': 'routes: {}\n' });
    await Promise.all(['a', 'b', 'c'].map((name) => add(folder, name)));
    for (const name of ['a', 'b', 'c']) expect(text(folder)).toContain(`/${name}: ${name}`);
  });
});

describe('nothing is written', () => {
  const FILES = {
    'functions.yml':
      'routes:\n  /sum: sum\n  /long: { function: sum }\nfunctions:\n  far: { image: "x:1" }\n',
    'functions/sum/metadata.yml': 'runtime: python\n',
    'templates/bare/runtime.yml': 'name: bare\nbases: { build: [a:1], run: [a:1] }\n',
  };

  test.each([
    [
      'for a folder that is there',
      'sum',
      '/other',
      'python',
      'file-exists',
      'functions/sum is there already',
    ],
    [
      'for a route that is there',
      'dice',
      '/sum',
      'python',
      'file-exists',
      'the route /sum is in functions.yml already and leads to sum',
    ],
    [
      'for a long route that is there',
      'dice',
      '/long',
      'python',
      'file-exists',
      'the route /long is in functions.yml already',
    ],
    [
      'for a function with an image',
      'far',
      '/far',
      'python',
      'file-exists',
      'functions.yml has a function far already',
    ],
    ['for a name that is none', 'Dice', undefined, 'python', 'usage', '"Dice" cannot name a function'],
    [
      'for a name that leads elsewhere',
      '../x',
      undefined,
      'python',
      'usage',
      '"../x" cannot name a function',
    ],
    [
      'for a path that is none',
      'dice',
      'dice',
      'python',
      'usage',
      '"dice" cannot be a route: a path starts with "/"',
    ],
    [
      'for a runtime that is none',
      'dice',
      undefined,
      'pyton',
      'runtime-unknown',
      'no runtime is named "pyton"',
    ],
    [
      'for a runtime without a scaffold',
      'dice',
      undefined,
      'bare',
      'usage',
      'the runtime bare has no scaffold to copy',
    ],
  ])('%s', async (_title, name, path, runtime, code, message) => {
    const folder = projectFolder(FILES);
    await expect(add(folder, name, path, runtime)).rejects.toMatchObject({
      code,
      message,
      hint: expect.stringMatching(/\S/),
    });
    expect(text(folder)).toBe(FILES['functions.yml']);
    expect(readdirSync(join(folder.root, 'functions'))).toEqual(['sum']);
  });

  test('in part: without a folder to write to, functions.yml stays', async () => {
    const folder = projectFolder({ 'functions.yml': 'routes: {}\n', functions: 'a file\n' });
    await expect(add(folder, 'dice')).rejects.toMatchObject({ code: 'file-unwritable' });
    expect(text(folder)).toBe('routes: {}\n');
  });
});

describe('a functions.yml that cannot be edited', () => {
  test.each([['routes: *x\n'], ['routes: [\n'], ['- a\n'], [Buffer.from('# \xff\n', 'latin1')]])(
    '%j stays; the lines to add are told',
    async (before) => {
      const folder = projectFolder({ 'functions.yml': before });
      await expect(add(folder, 'dice')).rejects.toMatchObject({
        code: 'config-invalid',
        details: expect.arrayContaining(['wrote functions/dice/metadata.yml', 'routes:', '  /dice: dice']),
      });
      expect(readFileSync(folder.file)).toEqual(Buffer.from(before));
      expect(existsSync(join(folder.root, 'functions/dice/metadata.yml'))).toBe(true);
    },
  );
});
