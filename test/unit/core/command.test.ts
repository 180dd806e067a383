import { describe, expect, it } from 'vitest';

import { faasoCommand } from '../../../src/core/command.ts';

const USUAL = { root: '/srv/demo', files: ['/srv/demo/functions.yml'] };
const OTHER = { root: '/srv/demo', files: ['/srv/demo/x.yml', '/etc/my prod.yml'] };

describe('a command that is shown to be typed', () => {
  it.each([
    ['in the project', USUAL, '/srv/demo', 'faaso apply sum'],
    ['in a folder of it', USUAL, '/srv/demo/functions/sum', 'faaso apply sum'],
    ['elsewhere', USUAL, '/srv/demo2', 'faaso apply sum -C /srv/demo'],
    ['with other files', OTHER, '/srv/demo', "faaso apply sum -f x.yml -f '/etc/my prod.yml'"],
    ['with other files elsewhere', OTHER, '/', "faaso apply sum -f srv/demo/x.yml -f 'etc/my prod.yml'"],
  ])('%s', (_where, project, cwd, expected) => {
    expect(faasoCommand(project, cwd, 'apply', 'sum')).toBe(expected);
  });

  it('does not take the -f of logs, which follows', () => {
    const project = { root: '/p', files: ['/p/x.yml'] };
    expect(faasoCommand(project, '/p', 'logs', 'sum')).toBe('faaso logs sum --file x.yml');
  });
});
