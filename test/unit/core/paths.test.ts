import { expect, it } from 'vitest';

import { projectPaths } from '../../../src/core/paths.ts';

const LONGEST_SOCKET_PATH = 107;

it('keeps sockets within what the kernel takes, however deep the project lies', () => {
  const root = `/${'deep/'.repeat(500)}project`;
  for (const runtimeDir of [
    undefined,
    '',
    '/run/user/1000',
    `/${'x'.repeat(59)}`,
    `/${'x'.repeat(200)}`,
    `/${'ä'.repeat(40)}`,
  ]) {
    const { controlSocket, routerSocket } = projectPaths(root, { uid: 4_294_967_294, runtimeDir });
    for (const path of [controlSocket, routerSocket]) {
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(LONGEST_SOCKET_PATH);
    }
  }
});

it('keeps projects and users apart', () => {
  const runs = [
    projectPaths('/a', { uid: 0 }),
    projectPaths('/b', { uid: 0 }),
    projectPaths('/a', { uid: 1000 }),
    projectPaths('/a', { uid: 1000, runtimeDir: '/run/user/1000' }),
  ].map((paths) => paths.run);
  expect(new Set(runs).size).toBe(4);
  expect(runs[0]).toMatch(/^\/run\/faaso\/[0-9a-f]{12}$/);
  expect(runs[2]).toMatch(/^\/tmp\/faaso-1000\/[0-9a-f]{12}$/);
  expect(runs[3]).toMatch(/^\/run\/user\/1000\/faaso\/[0-9a-f]{12}$/);
});
