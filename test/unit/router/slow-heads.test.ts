import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';

import { expect, onTestFinished, test } from 'vitest';

import { RequestBody } from '../../../src/router/builtin/proxy/request-body.ts';
import { proxyCore, startProxyServer } from '../../support/proxy-server.ts';
import { statuses, Wire } from '../../support/wire.ts';

test('a head that comes letter by letter, or never, ends with 408 however busy the client looks', async () => {
  const { port } = await startProxyServer(proxyCore(), 400);
  const silent = Wire.open(port);
  const slow = Wire.open(port).send('GET / HTTP/1.1\r\nX: ');
  const timer = setInterval(() => slow.socket.writable && slow.send('a'), 50);
  onTestFinished(() => clearInterval(timer));
  const late = Wire.open(port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(statuses((await late.untilText('no-route')).received)).toEqual([404]);
  for (const wire of [silent, slow]) expect(statuses((await wire.untilEnd()).received)).toEqual([408]);
});

test('a head that did not come in time is in the access log, a connection on which nothing came is not', async () => {
  const log: string[] = [];
  const core = {
    ...proxyCore(),
    access: { write: (line: string) => void log.push(line) },
    logsByDefault: true,
  };
  const { port } = await startProxyServer(core, 200);
  const silent = Wire.open(port);
  const begun = Wire.open(port).send('GET / HTTP/1.1\r\n');
  for (const wire of [silent, begun]) await wire.untilEnd();
  expect(log.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ status: 408, error: 'request-timeout', method: '', route: null }),
  ]);
});

test('the speed of a body counts after a minute of waiting for the client alone', () => {
  const req = new PassThrough() as unknown as IncomingMessage;
  const sink = { onBodyReady: () => undefined, onBodyTooLarge: () => undefined };
  const body = new RequestBody(req, sink, true, 1e9);
  const began = performance.now();
  expect(body.isTooSlow(began + 59_000, 100)).toBe(false);
  expect(body.isTooSlow(began + 61_000, 0)).toBe(false);
  expect(body.isTooSlow(began + 61_100, 100)).toBe(true);
});
