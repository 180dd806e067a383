import { Socket } from 'node:net';

import { expect, test } from 'vitest';

import { Client } from '../../../src/router/builtin/proxy/client.ts';
import { Connections } from '../../../src/router/builtin/proxy/connections.ts';
import { limitsOf } from '../../../src/router/builtin/proxy/limits.ts';

/** A client at an address. */
function clientAt(address: string): Client {
  return new Client(Object.defineProperty(new Socket(), 'remoteAddress', { value: address }));
}

test.each([
  ['2001:db8:0:1::1', '2001:db8:0:1::2', false],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', true],
  ['192.0.2.1', '::ffff:192.0.2.1', false],
  ['192.0.2.1', '192.0.2.2', true],
])('with one connection of %s a limit of one has room for %s: %s', (first, second, isRoom) => {
  const connections = new Connections();
  const core = { limits: limitsOf({ connectionsPerAddress: 1 }), trust: undefined };
  const [one, two] = [clientAt(first), clientAt(second)];
  connections.add(one);
  expect(connections.place(one, core)).toBe('stays');
  connections.add(two);
  expect(connections.place(two, core)).toBe(isRoom ? 'stays' : 'told');
  connections.delete(one);
  expect(connections.place(two, core)).toBe('stays');
});
