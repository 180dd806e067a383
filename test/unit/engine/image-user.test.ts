import { describe, expect, it } from 'vitest';

import { parseUser, uidIn } from '../../../src/engine/docker/image-user.ts';

describe('the user of an image', () => {
  it.each([
    ['', { uid: 0 }],
    ['0', { uid: 0 }],
    ['1000', { uid: 1000 }],
    ['1000:50', { uid: 1000 }],
    [':50', { uid: 0 }],
    ['app', { name: 'app' }],
    ['app:staff', { name: 'app' }],
  ])('%j is %j', (user, meaning) => expect(parseUser(user)).toEqual(meaning));

  it.each([
    ['the line of that name alone', 'root:x:0:0::/:\napp:x:10:20::/:\napplication:x:11:20::/:', 10],
    ['the first of several', 'app:x:10:20::/:\napp:x:11:20::/:', 10],
    ['none where the name is missing', 'root:x:0:0::/:\n', undefined],
    ['none where the number is', 'app:x::20::/:\napp', undefined],
    ['none in nothing', '', undefined],
  ])('is looked up by name: %s', (_, passwd, uid) => expect(uidIn(passwd, 'app')).toBe(uid));
});
