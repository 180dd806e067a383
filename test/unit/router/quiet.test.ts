import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { isQuiet } from '../../../src/router/builtin/upstream/quiet.ts';

/** Both ends of a connection. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  if (near.connecting) await once(near, 'connect');
  onTestFinished(() => {
    for (const socket of [near, far]) socket.destroy();
    server.close();
  });
  return [near, far];
}

test.each([
  ['its end', (socket: Socket) => void socket.destroy()],
  ['its reset', (socket: Socket) => void socket.resetAndDestroy()],
  ['a byte', (socket: Socket) => void socket.write('x')],
])('a connection is quiet until %s has come, which is seen before the event loop tells', async (_, act) => {
  const [near, far] = await pair();
  expect([isQuiet(near), isQuiet(near)]).toEqual([true, true]);
  act(far);
  expect(isQuiet(near)).toBe(false);
});

test('a connection that cannot be looked at does not count as quiet', () => {
  expect(isQuiet({ _handle: {} } as unknown as Socket)).toBe(false);
  expect(isQuiet({ _handle: null } as unknown as Socket)).toBe(false);
  expect(isQuiet({} as Socket)).toBe(false);
});
