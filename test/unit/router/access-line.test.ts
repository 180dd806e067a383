import { expect, test } from 'vitest';

import { pathOf } from '../../../src/router/builtin/access/line.ts';

test.each([
  ['/a/b', '/a/b'],
  ['/a?token=x', '/a'],
  ['/a#access_token=x', '/a'],
  ['/@ada/x@y', '/@ada/x@y'],
  ['http://ada:hunter2@x/a?b', 'http://x/a'],
  ['http://ada:hunter2@x', 'http://x'],
  ['HTTP://a@b@x/c@d', 'HTTP://x/c@d'],
  ['http://x/c@d', 'http://x/c@d'],
  ['ada:hunter2@x:443', 'x:443'],
  ['*', '*'],
  ['', ''],
])('the log says of the target %j no more than %j', (target, path) => {
  expect(pathOf(target)).toBe(path);
});
