import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { VERBS } from '../../../src/cli/verbs.ts';
import { faaso, faasoInShell, faasoOnTerminal } from '../../support/built-cli.ts';

// oxlint-disable-next-line no-control-regex -- control codes are what it looks for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;

let empty = '';
let invalid = '';
let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faaso-cli-'));
  empty = join(root, 'empty');
  invalid = join(root, 'invalid');
  await Promise.all([mkdir(empty), mkdir(join(invalid, 'deep', 'er'), { recursive: true })]);
  await writeFile(join(invalid, 'functions.yml'), 'name: t-invalid\nrotes:\n  /sum: sum\n');
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe('the built command', () => {
  test('explains itself, and every verb, without a project', async () => {
    const { code, stdout, stderr } = await faaso([], { cwd: empty });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const verb of VERBS) expect(stdout).toContain(`\n  ${verb.name.split(' ')[0]} `);
    expect((await faaso(['--help'], { cwd: empty })).stdout).toBe(stdout);
    expect((await faaso(['help', 'apply'], { cwd: empty })).stdout).toContain('Usage: faaso apply [NAME…]');
    expect((await faaso(['apply', '--help'], { cwd: empty })).stdout).toContain('Usage: faaso apply [NAME…]');
  });

  test('prints its help in less than three times the goal of 150 ms', async () => {
    let best = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 5; tries += 1) {
      const began = performance.now();
      await faaso(['--help'], { cwd: empty });
      best = Math.min(best, performance.now() - began);
    }
    expect(best).toBeLessThan(450);
  });

  test('prints its version', async () => {
    expect(await faaso(['version'], { cwd: empty })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^faaso \d+\.\d+\.\d+\n$/),
    });
    const json: unknown = JSON.parse((await faaso(['version', '--json'], { cwd: empty })).stdout);
    expect(json).toEqual({ version: expect.stringMatching(/^\d/), node: process.versions.node });
  });

  test.each(['functions', 'metadata', 'runtime', 'status', 'error'])(
    'prints the schema of %s as it is published',
    async (name) => {
      const { code, stdout } = await faaso(['schema', name], { cwd: empty });
      expect(code).toBe(0);
      expect(stdout).toBe(readFileSync(new URL(`../../../schemas/${name}.json`, import.meta.url), 'utf8'));
    },
  );

  test.each([
    [['aply'], 'did you mean apply?'],
    [['apply', '--jsn'], 'did you mean --json?'],
    [['export', 'sum'], 'faaso export NAME DIR'],
    [['schema', 'nope'], 'there are functions, metadata, runtime, error, and one for each verb'],
    [['daemon', 'sotp'], 'did you mean stop?'],
  ])('answers %j with exit code 2 and a hint on stderr', async (argv, hint) => {
    const { code, stdout, stderr } = await faaso(argv, { cwd: empty });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`hint: ${hint}`);
  });

  test.each([
    ['serve'],
    ['apply'],
    ['plan'],
    ['build'],
    ['export', 'a', 'b'],
    ['down'],
    ['validate'],
    ['new', 'dice', '--runtime', 'python'],
    ['status'],
    ['logs'],
    ['daemon', 'status'],
  ])('%s says how to begin where there is no project', async (...argv) => {
    const { code, stdout, stderr } = await faaso(argv, { cwd: empty });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`no functions.yml in ${empty} or a folder above`);
    expect(stderr).toContain('hint: faaso init ');
  });

  test('reports an invalid file with its place, from a folder below as well, and as data', async () => {
    const text = await faaso(['plan'], { cwd: join(invalid, 'deep', 'er') });
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toContain('functions.yml:2:1  unknown key "rotes"; did you mean "routes"?\n');
    expect(text.stderr).toContain('   2 │ rotes:\n     │ ^^^^^\n');
    expect(text.stderr).toContain('1 problem. Nothing was changed.\n');
    const data = await faaso(['apply', '--json', '-C', invalid], { cwd: empty });
    expect(data).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(data.stdout)).toMatchObject({
      code: 'config-invalid',
      where: [{ suggestion: 'routes', place: { line: 2 } }],
    });
  });

  test('names a path of -C that does not exist', async () => {
    const { code, stderr } = await faaso(['status', '-C', join(empty, 'nope')], { cwd: empty });
    expect(code).toBe(2);
    expect(stderr).toContain(`${join(empty, 'nope')} does not exist`);
  });

  test('writes colours to a terminal and none into a pipe', async () => {
    const typo = ['aply'];
    expect((await faaso(typo, { cwd: empty })).stderr).not.toMatch(CONTROL);
    expect((await faaso(typo, { cwd: empty, env: { FORCE_COLOR: '1' } })).stderr).not.toMatch(CONTROL);
    expect((await faasoOnTerminal(typo, { cwd: empty })).stdout).toContain('\x1b[31merror:');
    expect((await faasoOnTerminal(typo, { cwd: empty, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      '\x1b',
    );
    expect((await faasoOnTerminal([...typo, '--no-color'], { cwd: empty })).stdout).not.toContain('\x1b');
  });

  test('ends silently when nobody reads any more', async () => {
    expect(await faasoInShell('faaso schema | true', { cwd: empty })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await faasoInShell('faaso schema | head -n 1', { cwd: empty })).toMatchObject({
      stdout: '{\n',
      stderr: '',
    });
  });

  test('refuses an old Node before it loads anything', async () => {
    const old =
      "data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '18.20.0' } })";
    const { code, stdout, stderr } = await faaso(['version'], { cwd: empty, node: ['--import', old] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^faaso needs Node 20\.19 or later; this is .*\n$/);
  });

  test('ends on a defect with its text and exit code 1, never with a bare stack', async () => {
    const breaking =
      "data:text/javascript,process.on('newListener', (name) => { if (name === 'unhandledRejection') setImmediate(() => { throw new TypeError('boom') }) })";
    const { code, stderr } = await faaso(['schema'], { cwd: empty, node: ['--import', breaking] });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: boom\n[^]*hint: this is a defect in faaso/);
  });
});
