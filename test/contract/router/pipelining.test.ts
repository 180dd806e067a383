import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe.each(ROUTER_KINDS)('requests behind each other through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  /** Sends all at once; resolves when the connection ends or has that many answers. The function answers /1 last. */
  const send = async (text: string, answers = Infinity): Promise<{ wire: Wire; seen: string[] }> => {
    const seen: string[] = [];
    const { port } = await startFunction((req, res) => {
      seen.push(req.url ?? '');
      req.resume();
      setTimeout(() => res.end(req.url), req.url === '/1' ? 60 : 0);
    });
    await bench.serve(route('/', port));
    const wire = await Wire.open(bench.port)
      .send(text)
      .until(({ received, ended }) => ended !== 'no' || statuses(received).length >= answers);
    return { wire, seen };
  };

  test.each([
    ['of a length', 'POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
    ['in chunks', 'POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ])('a body %s ends where the next request begins', async (_, middle) => {
    const { wire, seen } = await send(`${get('/1')}${middle}${get('/3', 'Connection: close\r\n')}`);
    expect(statuses(wire.received)).toEqual([200, 200, 200]);
    expect(seen.toSorted()).toEqual(['/1', '/2', '/3']);
  });

  test.each([
    ['a request without Host', 'GET /2 HTTP/1.1\r\n\r\n', 400],
    ['a header that is none', get('/2', 'X : 1\r\n'), 400],
    ['no request at all', 'junk junk junk\r\n\r\n', 400],
    ['an expectation that cannot be met', get('/2', 'Expect: magic\r\n'), 417],
  ])('the answers before %s come, then its own, and nothing behind it is read', async (_, middle, status) => {
    const { wire, seen } = await send(`${get('/1')}${middle}${get('/3')}`);
    expect([statuses(wire.received), seen]).toEqual([[200, status], ['/1']]);
  });

  test('CONNECT is answered behind the request before it', async () => {
    const { wire, seen } = await send(`${get('/1')}CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n`, 2);
    expect(statuses(wire.received)[0]).toBe(200);
    expect(statuses(wire.received)[1]).toBeOneOf([404, 405]);
    expect(seen[0]).toBe('/1');
  });

  test('what is sent behind a request with "Connection: close" takes nothing from its answer', async () => {
    const { wire, seen } = await send(`${get('/1', 'Connection: close\r\n')}${get('/2')}`);
    expect([statuses(wire.received), seen]).toEqual([[200], ['/1']]);
    const old = await send('GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n');
    expect([statuses(old.wire.received), old.seen]).toEqual([[200], ['/1']]);
  });

  test('a WebSocket asked for behind a request does not take the connection from its answer', async () => {
    for (const path of ['/1', '/_faaso']) {
      const { wire } = await send(`${get(path)}${get('/2', UPGRADE)}`, 2);
      expect(statuses(wire.received)).toEqual([path === '/1' ? 200 : 404, 200]);
    }
    // The router is still there.
    expect((await send(get('/3', 'Connection: close\r\n'))).seen).toEqual(['/3']);
  });
});
