import { expect, test } from 'vitest';

import { route } from '../../contract/router/bench.ts';
import { startProxyServer } from '../../support/proxy-server.ts';
import { echo, startFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('a request that waited has the limits of any other, and leaves nothing on its connection', async () => {
  const quick = await startFunction(echo);
  const silent = await startFunction(() => undefined);
  const proxy = await startProxyServer();
  proxy.serve(route('/quick', quick.port), route('/silent', silent.port));
  const wire = await Wire.open(proxy.port)
    .send(get('/quick') + get('/quick'))
    .until(({ received }) => statuses(received).length === 2);
  const [client] = proxy.connections.all;
  const socket = client?.socket;
  const listeners = (): unknown[] =>
    (socket?.eventNames() ?? []).map((name) => [name, socket?.listenerCount(name)]);
  const before = listeners();
  await wire.send(get('/quick').repeat(50)).until(({ received }) => statuses(received).length === 52);
  expect(listeners()).toEqual(before);
  // An idle connection is closed some time, one with a request under way is not.
  expect(socket?.timeout).toBeGreaterThan(0);
  wire.send(get('/quick') + get('/silent'));
  await expect.poll(() => silent.connections).toBe(1);
  expect(socket?.timeout).toBe(0);
});
