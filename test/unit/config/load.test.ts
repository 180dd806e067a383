import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import type { LoadResult } from '../../../src/config/load.ts';
import { loadProject } from '../../../src/config/load.ts';
import { projectFolder } from '../../support/project-folder.ts';

const templates = fileURLToPath(new URL('../../support/templates', import.meta.url));
const load = (file: string, env: Record<string, string | undefined> = {}): Promise<LoadResult> =>
  loadProject({ file, env, templates });

const SUM = { 'functions/sum/metadata.yml': 'runtime: python', 'functions/sum/app.py': '' };

describe('a project', () => {
  test('is frozen to its last part and survives a round through JSON', async () => {
    const { file } = projectFolder({ 'functions.yml': 'routes: { /sum: sum }', ...SUM });
    const result = await load(file);
    expect(result.kind).toBe('valid');
    const project = result.kind === 'valid' ? result.project : undefined;
    expect(isDeeplyFrozen(project)).toBe(true);
    expect(JSON.parse(JSON.stringify(project))).toEqual(project);
  });

  test('is called after its folder, made a name', async () => {
    const { root, file, write } = projectFolder();
    write('My Shop_2/functions.yml', 'routes: {}');
    expect(await load(join(root, 'My Shop_2', 'functions.yml'))).toMatchObject({
      project: { name: 'my-shop-2' },
    });
    write('\u00fc/functions.yml', 'routes: {}');
    expect(await load(join(root, '\u00fc', 'functions.yml'))).toMatchObject({
      diagnostics: [{ message: 'the folder\'s name "\u00fc" cannot name the project; set name' }],
    });
    expect(file).toContain('shop');
  });

  test('answers HEAD where it answers GET, unless another route of the place does', async () => {
    const { file } = projectFolder({
      'functions.yml':
        'routes:\n  /a: { function: sum, methods: [GET] }\n  /b:\n' +
        '    - { function: sum, methods: [GET] }\n    - { function: sum, methods: [HEAD] }\n' +
        '  /c: { function: sum, methods: [POST] }\n',
      ...SUM,
    });
    const result = await load(file);
    const routes = result.kind === 'valid' ? result.project.routes : [];
    expect(routes.map(({ path, methods }) => [path, methods])).toEqual([
      ['/a', ['GET', 'HEAD']],
      ['/b', ['GET']],
      ['/b', ['HEAD']],
      ['/c', ['POST']],
    ]);
  });

  test('prefers a template of its own to one that came with faaso', async () => {
    const { root, file } = projectFolder({
      'functions.yml': 'routes: { /sum: sum }',
      ...SUM,
      'templates/python/runtime.yml': 'name: python\nbases: { build: [mine], run: [mine] }',
    });
    const folder = join(root, 'templates', 'python');
    expect(await load(file)).toMatchObject({ project: { functions: [{ source: { runtime: { folder } } }] } });
  });
});

describe('a file that is named alone although functions.yml lies beside it', () => {
  const both = /-f \S*functions\.yml -f \S*prod\.yml/;
  const files = { 'functions.yml': 'name: shop\nroutes: { /sum: sum }', ...SUM };
  const prod = async (text: string): Promise<LoadResult> => {
    const { root } = projectFolder({ ...files, 'prod.yml': text });
    return await load(join(root, 'prod.yml'));
  };

  test('is refused where it has neither a name nor routes: it was meant to win over that one', async () => {
    expect(await prod('functions: { sum: { env: { LEVEL: info } } }')).toMatchObject({
      kind: 'invalid',
      diagnostics: [{ file: 'prod.yml', message: expect.stringMatching(both) }],
    });
  });

  test('is warned of where only the name is missing, and is a project where it has one', async () => {
    expect(await prod('routes: { /add: sum }')).toMatchObject({
      kind: 'valid',
      warnings: [{ file: 'prod.yml', message: expect.stringMatching(both) }],
    });
    expect(await prod('name: shop\nfunctions: { sum: {} }')).toMatchObject({ kind: 'valid', warnings: [] });
  });

  test('is no matter where both are named, or nothing lies beside it', async () => {
    const { root, file } = projectFolder({ ...files, 'prod.yml': 'functions: { sum: {} }' });
    const overlays = [join(root, 'prod.yml')];
    expect(await loadProject({ file, overlays, env: {}, templates })).toMatchObject({ warnings: [] });
    rmSync(file);
    expect(await load(join(root, 'prod.yml'))).toMatchObject({ kind: 'valid', warnings: [] });
  });
});

test('says where a function names a secret, in the file that has the last word', async () => {
  const { root, file } = projectFolder({
    'functions.yml': 'functions:\n  a: { image: x, secrets: [A] }\n  b:\n    image: x\n    secrets: [B, C]\n',
    'prod.yml': 'functions: { a: { secrets: [Z, A] } }',
  });
  const result = await loadProject({ file, overlays: [join(root, 'prod.yml')], env: {}, templates });
  if (result.kind === 'invalid') throw new Error('the files are valid');
  const [a, b] = result.project.functions.map(({ name }) => name);
  if (a === undefined || b === undefined) throw new Error('there are two functions');
  const found = result.unsetSecrets([
    { function: a, secret: 'A' },
    { function: b, secret: 'C' },
  ]);
  expect(found.map(({ severity, place, message }) => ({ severity, place, message }))).toEqual([
    {
      severity: 'warning',
      place: { file: 'functions.yml', line: 5, column: 18, length: 1 },
      message: 'the secret C of b is not set; set it with: faaso secret set C',
    },
    {
      severity: 'warning',
      place: { file: 'prod.yml', line: 1, column: 32, length: 1 },
      message: 'the secret A of a is not set; set it with: faaso secret set A',
    },
  ]);
});

describe('variables', () => {
  const files = {
    'functions.yml': 'functions:\n  a: { image: "${A}", port: "${PORT:-80}", env: { B: "${B:-x}" } }',
  };

  test('come from the environment first, and only those that it gave and were used are noted', async () => {
    const { file } = projectFolder({ ...files, '.env': 'A=file\nB=file' });
    expect(await load(file, { A: 'given', C: 'unused', B: undefined })).toMatchObject({
      kind: 'valid',
      project: { functions: [{ source: { image: 'given' }, container: { port: 80, env: { B: 'file' } } }] },
      variables: { A: 'given' },
    });
  });

  test('can be kept and given again, with the same result', async () => {
    const { root, file } = projectFolder(files);
    const first = await load(file, { A: 'given', B: 'too' });
    rmSync(join(root, '.env'), { force: true });
    const again = first.kind === 'valid' ? await load(file, first.variables) : undefined;
    const any = expect.any(Function) as unknown;
    expect(again).toEqual({ ...first, placeOf: any, unsetSecrets: any });
  });

  test('cannot become YAML', async () => {
    const { file } = projectFolder(files);
    const evil = 'x\n    port: 1\n  b: { image: y }';
    expect(await load(file, { A: 'x', B: evil })).toMatchObject({
      project: { functions: [{ name: 'a', container: { env: { B: evil } } }] },
    });
  });

  test('of the prototype are not set', async () => {
    const { file } = projectFolder({ 'functions.yml': 'functions: { a: { image: "${toString}" } }' });
    expect(await load(file)).toMatchObject({ kind: 'invalid' });
  });

  test('leave a broken .env alone that nothing needs', async () => {
    const { file } = projectFolder({ 'functions.yml': 'functions: { a: { image: x } }', '.env': '<<<' });
    const result = await load(file);
    expect(result).toMatchObject({ kind: 'valid', watched: [file] });
  });
});

describe('what is watched', () => {
  test('also names the folder that is missing, so that its coming is seen', async () => {
    const { root, file } = projectFolder({ 'functions.yml': 'routes: { /sum: sum }' });
    expect(await load(file)).toMatchObject({ kind: 'invalid', watched: [file, join(root, 'functions/sum')] });
  });
});

describe('values', () => {
  test.each([1, 100, 130_000])('of %d characters reach the environment as they are', async (length) => {
    const value = 'x\n"$$=\u00fc'.repeat(Math.ceil(length / 8)).slice(0, length);
    const { file } = projectFolder({
      'functions.yml': JSON.stringify({ functions: { a: { image: 'x', env: { V: value } } } }),
    });
    const result = await load(file);
    const seen = result.kind === 'valid' ? result.project.functions[0]?.container.env['V'] : undefined;
    const isTooLong = Buffer.byteLength(value) > 131_000;
    expect(seen).toBe(isTooLong ? undefined : value.replaceAll('$$', '$'));
  });
});

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}
