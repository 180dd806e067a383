import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { echo, startCannedFunction, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { GUARDING_KINDS, route, ROUTER_KINDS, startBench } from './bench.ts';
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
    expect(seen).toEqual(['/1', '/2', '/3']);
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

  test('one begins when the answer before it is over', async () => {
    const seen: string[] = [];
    const { port } = await startFunction((req, res) => {
      seen.push(`begin ${req.method}`);
      req.resume();
      const end = (): void => {
        seen.push(`end ${req.method}`);
        res.end();
      };
      if (req.method === 'PUT') setTimeout(end, 60);
      else end();
    });
    await bench.serve(route('/', port));
    await Wire.open(bench.port)
      .send(`PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx${get('/a')}`)
      .until(({ received }) => statuses(received).length === 2);
    expect(seen).toEqual(['begin PUT', 'end PUT', 'begin GET', 'end GET']);
  });

  test('as many as anybody sends take one connection of the function, and nothing from other clients', async () => {
    const first = await startFunction(() => undefined);
    const other = await startFunction((_, res) => res.end('other'));
    await bench.serve(route('/a', first.port), route('/b', other.port));
    const wire = Wire.open(bench.port).send(get('/a').repeat(25_000));
    await expect.poll(() => first.connections).toBe(1);
    for (let i = 0; i < 20; i++) expect(await (await fetch(`${bench.url}/b`)).text()).toBe('other');
    expect(first.connections).toBe(1);
    wire.socket.destroy();
  });

  test('thousands that are answered at once are answered in their order', async () => {
    const { port } = await startFunction((req, res) => {
      let length = 0;
      req.on('data', (data: Buffer) => (length += data.length));
      req.on('end', () => res.end(`${req.url}:${length};`));
    });
    await bench.serve(route('/', port));
    let text = '';
    let expected = '';
    for (let i = 0; i < 2000; i++) {
      const body = 'b'.repeat(i % 97);
      text += `POST /${i} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      expected += `/${i}:${body.length};`;
    }
    const wire = await Wire.open(bench.port)
      .send(text + get('/end', 'Connection: close\r\n'))
      .untilEnd(50_000);
    expect([...wire.received.matchAll(/\/\d+:\d+;/g)].map(([answer]) => answer).join('')).toBe(expected);
  });

  test.each([
    ['plain', 'GET /e?q=%20 HTTP/1.1\r\nHost: x\r\nA:1\r\na: \t 2 \t\r\nB:\r\nC: \xe9\xff\r\n\r\n'],
    [
      'chunked, with trailers',
      'PUT http://x/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
    ],
    ['of HTTP/1.0', 'POST /e HTTP/1.0\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc'],
  ])('a request that waits is the same to the function: %s', async (_, text) => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/', port));
    const ask = async (before: string, answers: number): Promise<Seen> => {
      const { received } = await Wire.open(bench.port)
        .send(before + text)
        .until((wire) => (wire.received.match(/"body":"[^"]*"\}/g) ?? []).length === answers);
      const seen = JSON.parse(/.*(\{.*\})/s.exec(received)?.[1] ?? '') as Seen;
      const own = /^(x-request-id|traceparent)$/i;
      const headers = seen.headers.filter(
        (value, i) => !own.test(value) && !own.test(seen.headers[i - 1] ?? ''),
      );
      return { ...seen, headers };
    };
    expect(await ask(get('/1'), 2)).toEqual(await ask('', 1));
  });

  test('a large answer to a client that reads late is whole, though a request waits behind it', async () => {
    const large = Buffer.alloc(20_000_000, 'x');
    const { port } = await startFunction((req, res) => res.end(req.url === '/1' ? large : 'second'));
    await bench.serve(route('/', port));
    const wire = Wire.open(bench.port).send(get('/1'));
    await wire.untilText('xxxx');
    wire.socket.pause();
    wire.send(get('/2', 'Connection: close\r\n'));
    await (await fetch(`${bench.url}/other`)).text();
    wire.socket.resume();
    const { received } = await wire.untilEnd(20_000);
    expect(statuses(received)).toEqual([200, 200]);
    expect(bodyOf(received).slice(0, large.length)).toBe(large.toString('latin1'));
    expect(received.endsWith('second')).toBe(true);
  });
});

describe.each(GUARDING_KINDS)('requests that wait behind another at the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  test.each([
    ['a few', 3],
    ['more than are read ahead', 10_000],
  ])('never begin when their client leaves: %s', async (_, count) => {
    const seen: string[] = [];
    let left = 0;
    const { port } = await startFunction((req, res) => {
      seen.push(req.url ?? '');
      if (req.url === '/other') res.end();
      res.on('close', () => left++);
    });
    await bench.serve(route('/', port));
    const wire = Wire.open(bench.port).send(get('/1').repeat(count));
    await expect.poll(() => seen.length).toBe(1);
    wire.socket.resetAndDestroy();
    await expect.poll(() => left, { interval: 5 }).toBe(1);
    expect((await fetch(`${bench.url}/other`)).status).toBe(200);
    expect(seen).toEqual(['/1', '/other']);
  });

  test('never begin behind an answer that ends the connection', async () => {
    const seen: string[] = [];
    const { port } = await startFunction((req, res) => {
      seen.push(req.url ?? '');
      res.end();
    });
    await bench.serve(route('/', port, { maxBodyBytes: 10 }));
    const upload = 'POST /2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n';
    const { received } = await Wire.open(bench.port)
      .send(get('/1') + upload + get('/3').repeat(100))
      .untilEnd();
    expect([statuses(received), seen]).toEqual([[200, 413], ['/1']]);
  });

  test('become a WebSocket when their turn comes', async () => {
    const { port } = await startFunction((req, res) => res.end(req.url));
    const { port: sockets } = await startCannedFunction(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
    );
    await bench.serve(route('/1', port), route('/2', sockets));
    const wire = await Wire.open(bench.port)
      .send(get('/1') + get('/2', UPGRADE))
      .untilText('hello');
    expect(statuses(wire.received)).toEqual([200, 101]);
  });
});
