import { expect, it } from 'vitest';

import { unreachable } from '../../../src/engine/docker/errors.ts';
import { socketCandidates } from '../../../src/engine/docker/socket.ts';

it('looks for the socket of the system, of a rootless engine and of Docker Desktop', () => {
  expect(socketCandidates({ env: { XDG_RUNTIME_DIR: '/run/user/7', HOME: '/home/a' } })).toEqual([
    '/var/run/docker.sock',
    '/run/user/7/docker.sock',
    '/home/a/.docker/run/docker.sock',
  ]);
  expect(socketCandidates({ env: { XDG_RUNTIME_DIR: '', HOME: undefined } })).toEqual([
    '/var/run/docker.sock',
  ]);
});

it('takes DOCKER_HOST alone when it is set, and what the caller says over that', () => {
  expect(socketCandidates({ env: { DOCKER_HOST: 'unix:///x.sock', HOME: '/home/a' } })).toEqual(['/x.sock']);
  expect(socketCandidates({ env: { DOCKER_HOST: 'unix://' } })).toEqual(['/var/run/docker.sock']);
  expect(socketCandidates({ socketPath: '/y.sock', env: { DOCKER_HOST: 'tcp://x:1' } })).toEqual(['/y.sock']);
});

it('says how to get at a socket that is not permitted, even when others are missing', () => {
  const failed = (code: string): Error => Object.assign(new Error(code), { code });
  const error = unreachable([
    { path: '/a.sock', error: failed('EACCES') },
    { path: '/b.sock', error: failed('ENOENT') },
  ]);
  expect(error.details).toEqual(['/a.sock: permission denied', '/b.sock: there is no such socket']);
  expect(error.hint).toContain('usermod -aG docker');
});
