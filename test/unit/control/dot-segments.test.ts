import { expect, test } from 'vitest';

import { dotSegments } from '../../../src/control/dot-segments.ts';

test.each([
  ['/hello/../sum', 'browsers and curl send /sum instead (curl --path-as-is sends it as it stands)'],
  ['/./a/..', 'browsers and curl send / instead (curl --path-as-is sends it as it stands)'],
  ['/a/%2E%2e/b', 'browsers send /b instead'],
])('%s is another path once a client has resolved it', (path, told) => {
  expect(dotSegments(path)).toEqual([`this is the path as it stands; ${told}`]);
});

test.each(['/sum', '/', '/a/...', '/.well-known/x', '/a..b', '//x'])('%s is sent as it stands', (path) => {
  expect(dotSegments(path)).toEqual([]);
});
