import { describe, expect, it } from 'vitest';

import { faasoCommand } from '../../../src/core/command.ts';

const USUAL = { root: '/work/demo', files: ['/work/demo/functions.yml'] };
const OTHER = { root: '/work/demo', files: ['/work/demo/x.yml', '/etc/my prod.yml'] };

describe('a command that is shown to be typed', () => {
  it.each([
    ['in the project', USUAL, '/work/demo', 'faaso apply sum'],
    ['in a folder of it', USUAL, '/work/demo/functions/sum', 'faaso apply sum'],
    ['elsewhere', USUAL, '/work/demo2', 'faaso apply sum -C /work/demo'],
    ['with other files', OTHER, '/work/demo', "faaso apply sum -f x.yml -f '/etc/my prod.yml'"],
    ['with other files elsewhere', OTHER, '/', "faaso apply sum -f work/demo/x.yml -f 'etc/my prod.yml'"],
  ])('%s', (_where, project, cwd, expected) => {
    expect(faasoCommand(project, cwd, 'apply', 'sum')).toBe(expected);
  });

  it('does not take the -f of logs, which follows', () => {
    const project = { root: '/p', files: ['/p/x.yml'] };
    expect(faasoCommand(project, '/p', 'logs', 'sum')).toBe('faaso logs sum --file x.yml');
  });
});
