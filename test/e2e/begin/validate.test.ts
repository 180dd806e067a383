import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { DoctorAnswer } from '../../../src/core/finding.ts';
import { faaso } from '../../support/built-cli.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** An engine that no verb could use. */
const NO_ENGINE = { DOCKER_HOST: 'tcp://192.0.2.1:2375' };

function project(files: Readonly<Record<string, string>>): string {
  const root = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const PLAIN = { 'functions/a/metadata.yml': 'runtime: python\n', 'functions/a/handler.py': '' };

describe('faaso validate, without an engine,', () => {
  test('counts what is valid, warnings apart', async () => {
    const cwd = project({
      'functions.yml': 'name: shop\nports: 40000-40099\nroutes: { /a: a, /b: a }\n',
      ...PLAIN,
    });
    expect(await faaso(['validate'], { cwd, env: NO_ENGINE })).toMatchObject({
      code: 0,
      stdout: 'valid: 1 function, 2 routes, 1 warning\n',
      stderr: expect.stringContaining('functions.yml:2:8  warning: ports 40000-40099 overlap'),
    });
    const json = await faaso(['validate', '--json'], { cwd, env: NO_ENGINE });
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: true,
      functions: 1,
      routes: 2,
      diagnostics: [{ severity: 'warning', place: { line: 2 } }],
    });
  });

  test('tells all problems of the files at once', async () => {
    const cwd = project({
      'functions.yml': 'name: shop\nrotes: {}\nroutes: { /a: a, /b: b }\n',
      'functions/a/metadata.yml': 'runtime: pyton\n',
    });
    const { code, stdout, stderr } = await faaso(['validate'], { cwd, env: NO_ENGINE });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('functions.yml:2:1  unknown key "rotes"');
    expect(stderr).toContain(
      'functions/a/metadata.yml:1:10  there is no runtime "pyton"; did you mean "python"?',
    );
    expect(stderr).toMatch(/\n\d problems\.\n$/);
    const json = await faaso(['validate', '--json'], { cwd, env: NO_ENGINE });
    expect(json).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, functions: null, routes: null });
  });

  test('tells what a build would refuse to read, of every function', async () => {
    const cwd = project({
      'functions.yml': 'routes: { /a: a, /b: b, /c: c }\n',
      ...PLAIN,
      'functions/b/metadata.yml': 'runtime: python\nfiles: ["data/*.csv"]\n',
      'functions/b/handler.py': '',
      'functions/b/data/x.txt': '',
      'functions/c/metadata.yml': 'runtime: python\n',
      'functions/c/handler.py': '',
    });
    symlinkSync('/etc', join(cwd, 'functions/c/outside'));
    const { code, stderr } = await faaso(['validate'], { cwd, env: NO_ENGINE });
    expect(code).toBe(2);
    expect(stderr).toContain('functions/b  files: data/*.csv matches no file\n');
    expect(stderr).toContain('functions/c  ');
    expect(stderr).toContain('2 problems.\n');
    expect(stderr).not.toContain('functions/a');
  });

  test('reads several files as one', async () => {
    const cwd = project({
      'functions.yml': 'routes: { /a: a }\n',
      'more.yml': 'routes: { /b: a }\n',
      ...PLAIN,
    });
    const several = ['-f', 'functions.yml', '-f', 'more.yml', 'validate'];
    expect((await faaso(several, { cwd, env: NO_ENGINE })).stdout).toBe('valid: 1 function, 2 routes\n');
    const env = { ...NO_ENGINE, FAASO_FILE: 'functions.yml:more.yml' };
    expect((await faaso(['validate'], { cwd, env })).stdout).toBe('valid: 1 function, 2 routes\n');
  });
});

describe('faaso runtimes', () => {
  test("lists faaso's without a project, and the project's own in it", async () => {
    const cwd = tempFolder();
    const alone = await faaso(['runtimes', '--json'], { cwd });
    const names = (text: string): unknown =>
      (JSON.parse(text) as { runtimes: { name: string; from: string }[] }).runtimes.map(
        ({ name, from }) => `${name} ${from}`,
      );
    expect(names(alone.stdout)).toEqual(['node faaso', 'python faaso']);
    const root = project({
      'functions.yml': 'functions: {}\n',
      'templates/lisp/runtime.yml': 'name: lisp\nbases: { build: [a:1], run: [a:1] }\n',
      'templates/node/runtime.yml': 'name: node\nbases: { build: [a:1], run: [a:1] }\n',
    });
    expect(names((await faaso(['runtimes', '--json'], { cwd: root })).stdout)).toEqual([
      'lisp project',
      'node project',
      'python faaso',
    ]);
  });

  test('tells all of one, and what is meant by a name that is none', async () => {
    const cwd = tempFolder();
    const one = await faaso(['runtimes', 'python'], { cwd });
    for (const text of ['handler.py', 'threads: 32', 'a whole number from 1 to 256', 'bookworm'])
      expect(one.stdout).toContain(text);
    expect(await faaso(['runtimes', 'pyton'], { cwd })).toMatchObject({
      code: 2,
      stderr: 'error: no runtime is named "pyton"\n  hint: did you mean "python"?\n',
    });
  });

  test('lists the others when one is broken, and says so', async () => {
    const root = project({
      'functions.yml': 'functions: {}\n',
      'templates/lisp/runtime.yml': 'nam: lisp\n',
    });
    const { code, stdout, stderr } = await faaso(['runtimes'], { cwd: root });
    expect(code).toBe(2);
    expect(stdout).toContain('python');
    expect(stderr).toContain('templates/lisp/runtime.yml:1:1  unknown key "nam"; did you mean "name"?');
  });

  test('does not forget a project that was named', async () => {
    const cwd = tempFolder();
    expect((await faaso(['-C', 'nowhere', 'runtimes'], { cwd })).code).toBe(2);
    expect((await faaso(['runtimes'], { cwd, env: { FAASO_FILE: 'nowhere.yml' } })).code).toBe(2);
  });
});

test('a broken file is named by other verbs too, which say how many problems there are', async () => {
  const broken = { 'functions.yml': 'name: shop\nroutes: { /a: a, /b: b }\nrotes: {}\n' };
  const cwd = project(broken);
  const { stdout } = await faaso(['status'], { cwd, env: NO_ENGINE });
  expect(stdout).toContain('\nfunctions.yml:2:15  route /a names a function "a" that does not exist\n');
  expect(stdout).toContain('\n2 more in the files: faaso validate\n');
  const empty = project({ 'functions.yml': '' });
  const alone = await faaso(['status'], { cwd: empty, env: NO_ENGINE });
  expect(alone.stdout).toContain('\nfunctions.yml  the file is empty');
  expect(alone.stdout).not.toContain('more in the files');
  const doctor = await faaso(['doctor', '--json'], { cwd: empty, env: NO_ENGINE });
  const { findings } = JSON.parse(doctor.stdout) as DoctorAnswer;
  expect(findings.find(({ check }) => check === 'project')).toMatchObject({
    message: expect.stringMatching(/^functions\.yml {2}the file is empty/),
  });
});
