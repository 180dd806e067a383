import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { DoctorAnswer } from '../../../src/core/finding.ts';
import { faasoAmongMounts, FULL, READ_ONLY } from '../../support/own-mounts.ts';
import { projectFolder } from '../../support/project-folder.ts';

const FILES = {
  'functions.yml': 'name: t-shut\nroutes: { /a: a }\n',
  'functions/a/metadata.yml': 'runtime: python\ntest: [{ name: answers, expect: { status: 200 } }]\n',
  'functions/a/handler.py': 'def handler(event, context):\n    return {}\n',
};
const STATE = 'faaso keeps its state beside functions.yml: put the project where it may write';
const MEND = 'nothing was changed; mend that, then run this again';

describe('on a file system that is read-only', () => {
  test.each([
    ['init sub --yes', 'sub cannot be written: the file system is read-only', MEND],
    ['init deep/er --yes', 'deep cannot be written: the file system is read-only', MEND],
    ['new b --runtime python', 'functions cannot be written: the file system is read-only', MEND],
    ['apply', '.faaso cannot be written: the file system is read-only', STATE],
    ['serve', '.faaso cannot be written: the file system is read-only', STATE],
    ['test', '.faaso cannot be written: the file system is read-only', STATE],
    ['secret set A', '.faaso cannot be written: the file system is read-only', STATE],
    ['daemon restart', '.faaso cannot be written: the file system is read-only', STATE],
    [
      'export a out',
      'out cannot be used for the export: the file system is read-only',
      'name a folder that does not exist yet, where you may write',
    ],
  ])('faaso %s says which folder, and what to do', async (line, problem, hint) => {
    const { root } = projectFolder(FILES);
    const { stderr, stdout } = await faasoAmongMounts(READ_ONLY, line.split(' '), root, 'a value');
    expect(stderr).toBe(`error: ${join(root, problem)}\n  hint: ${hint}\n`);
    expect(stdout).toBe('');
    expect(readdirSync(root).toSorted()).toEqual(['functions', 'functions.yml']);
  });

  test('faaso doctor sees it', async () => {
    const { root } = projectFolder(FILES);
    const { code, stdout } = await faasoAmongMounts(READ_ONLY, ['doctor', '--json'], root);
    const { findings } = JSON.parse(stdout) as DoctorAnswer;
    expect(code).toBe(1);
    expect(findings.filter(({ check }) => check === 'files')).toMatchObject([
      { state: 'fail', message: `${root} cannot be written: the file system is read-only` },
    ]);
  });

  test('what only reads works', async () => {
    const { root } = projectFolder(FILES);
    expect(await faasoAmongMounts(READ_ONLY, ['validate'], root)).toMatchObject({ code: 0, stderr: '' });
    expect(await faasoAmongMounts(READ_ONLY, ['secret', 'list'], root)).toMatchObject({ code: 0 });
  });
});

describe('on a disk that is full', () => {
  test.each([['init sub --yes'], ['new b --runtime python'], ['secret set A'], ['export a out'], ['apply']])(
    'faaso %s says so',
    async (line) => {
      const { root } = projectFolder(FILES);
      const { code, stderr } = await faasoAmongMounts(FULL, line.split(' '), root, 'a value');
      expect(stderr).toMatch(/^error: no space left on the disk \(ENOSPC: .*\)\n {2}hint: .*df -h.*\n$/);
      expect(code).toBe(1);
    },
  );
});

test('where a file is in the way of a folder, it is named', async () => {
  const { root } = projectFolder({ ...FILES, '.faaso': 'a file' });
  const into = await faasoAmongMounts(':', ['export', 'a', 'functions.yml/out'], root);
  expect(into.stderr).toContain('functions.yml/out cannot be used for the export: a file is in the way');
  const init = await faasoAmongMounts(':', ['init', 'functions.yml/sub', '--yes'], root);
  expect(init.stderr).toContain('functions.yml/sub is no folder');
  for (const line of ['apply', 'secret set A', 'test']) {
    const { stderr } = await faasoAmongMounts(':', line.split(' '), root, 'a value');
    expect(stderr).toContain(`${join(root, '.faaso')} is not a folder`);
  }
});
