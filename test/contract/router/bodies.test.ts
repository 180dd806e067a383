import { createHash, randomBytes } from 'node:crypto';
import { METHODS } from 'node:http';
import { pipeline, Readable } from 'node:stream';

import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  echo,
  headerValues,
  resetConnection,
  startCannedFunction,
  startFunction,
  startRawFunction,
} from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('bodies through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const canned = async (answer: string, start: string, end = false): Promise<Wire> => {
    const { port } = await startCannedFunction(answer, end);
    await bench.serve(route('/a', port));
    return Wire.open(bench.port).send(`${start}\r\nHost: x\r\n\r\n`);
  };

  test.each(METHODS.filter((method) => method !== 'CONNECT'))('%s passes with its body', async (method) => {
    const seen: string[] = [];
    const { port } = await startFunction((req, res) => {
      req.on('data', (chunk: Buffer) => seen.push(`${req.method ?? ''} ${chunk.toString()}`));
      req.on('end', () => res.end('ok'));
    });
    await bench.serve(route('/a', port, { methods: [method] }));
    const wire = Wire.open(bench.port).send(
      `${method} /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    await wire.untilEnd();
    expect([statuses(wire.received), seen]).toEqual([[200], [`${method} {}`]]);
  });

  test('bytes of any type pass unchanged both ways', async () => {
    const { port } = await startFunction((req, res) => {
      res.setHeader('Content-Type', req.headers['content-type'] ?? 'none');
      pipeline(req, res, () => undefined);
    });
    await bench.serve(route('/a', port));
    const body = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0x80]), randomBytes(200_000)]);
    for (const type of ['text/plain', 'foo', 'application/json; charset=nonsense']) {
      const answer = await request(`${bench.url}/a`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      expect(answer.headers['content-type']).toBe(type);
      expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
    }
  });

  test('a body of 100 MB passes unchanged, with a length or chunked', async () => {
    const { port } = await startFunction((req, res) => {
      const hash = createHash('sha256');
      req.on('data', (chunk: Buffer) => hash.update(chunk));
      req.on('end', () => res.end(hash.digest('hex')));
    });
    await bench.serve(route('/a', port, { maxBodyBytes: 200_000_000 }));
    const piece = randomBytes(1_000_000);
    const expected = createHash('sha256');
    for (let i = 0; i < 100; i++) expected.update(piece);
    const digest = expected.digest('hex');
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 100; i++) yield piece;
    }
    for (const headers of [{ 'content-length': '100000000' }, {}]) {
      const answer = await request(`${bench.url}/a`, {
        method: 'PUT',
        body: Readable.from(pieces()),
        headers,
      });
      expect(await answer.body.text()).toBe(digest);
    }
  });

  test('a chunked body stays chunked, with its trailers', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n' +
        '3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nX-Forwarded-For: evil\r\nContent-Type: no\r\n\r\n',
    );
    await wire.untilEnd();
    const seen = JSON.parse(bodyOf(wire.received)) as Seen;
    expect(seen.body).toBe(Buffer.from('abcde').toString('base64'));
    expect(headerValues(seen.trailers, 'x-sum')).toEqual(['5']);
    expect(headerValues(seen.headers, 'transfer-encoding')).toEqual(['chunked']);
    expect(headerValues(seen.headers, 'trailer')).toEqual(['X-Sum']);
    // What comes in a trailer is never what a header says.
    expect(headerValues(seen.headers, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(headerValues(seen.headers, 'content-type')).toEqual([]);
    if (differs(kind, 'trailers')) return;
    expect(seen.trailers).toEqual(['X-Sum', '5']);
  });

  test('trailers of an answer pass, and are not announced to a client that cannot get them', async () => {
    const answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\nSet-Cookie: no\r\n\r\n';
    const wire = await (await canned(answer, 'GET /a HTTP/1.1')).untilText('\r\n\r\n3');
    await wire.untilText(/0\r\n(.*\r\n)*\r\n$/);
    expect(header(wire.received, 'trailer')).toBe('X-Sum');
    expect(bodyOf(wire.received)).toMatch(/^3\r\nabc\r\n0\r\n(?:Set-Cookie: no\r\n)?X-Sum: 3\r\n\r\n$/);
    expect(header(wire.received, 'set-cookie')).toBeUndefined();
    const old = await (await canned(answer, 'GET /a HTTP/1.0')).untilEnd();
    expect(bodyOf(old.received)).toBe('abc');
    if (differs(kind, 'trailers')) return;
    expect(bodyOf(wire.received)).toBe('3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n');
    expect(header(old.received, 'trailer')).toBeUndefined();
  });

  test.each([
    [
      '304 with a length',
      'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n',
      'GET',
      304,
      '500',
    ],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET', 204, undefined],
    ['204, but for its length,', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n', 'GET', 204, undefined],
    ['HEAD with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', 'HEAD', 200, '500'],
    ['an unknown status', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', 'GET', 999, '0'],
    ['no reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 'GET', 200, '0'],
    ['205', 'HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n', 'GET', 205, '0'],
  ])('%s passes as it is and leaves the connection usable', async (_, answer, method, status, length) => {
    const wire = await (await canned(answer, `${method} /a HTTP/1.1`)).untilText('\r\n\r\n');
    const itsOwn = status === 304 && differs(kind, 'written by Go');
    expect(header(wire.received, 'content-length')).toBe(itsOwn ? undefined : length);
    expect(header(wire.received, 'transfer-encoding')).toBeUndefined();
    wire.send(`${method} /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await wire.untilEnd();
    expect(statuses(wire.received)).toEqual([status, status]);
  });

  test('an answer whose end is the end of the connection is complete, and an abort of it is an abort', async () => {
    const whole = await (
      await canned('HTTP/1.1 200 OK\r\n\r\nall of it', 'GET /a HTTP/1.1', true)
    ).untilText('0\r\n\r\n');
    expect(bodyOf(whole.received)).toBe('9\r\nall of it\r\n0\r\n\r\n');
    const upstream = await startRawFunction((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\npart'));
    });
    await bench.serve(route('/a', upstream.port));
    const cut = await Wire.open(bench.port).send('GET /a HTTP/1.0\r\n\r\n').untilText('part');
    for (const socket of upstream.open) resetConnection(socket);
    await cut.untilEnd();
    expect(cut.ended).toBe(differs(kind, 'ends of HTTP/1.0') ? 'end' : 'ECONNRESET');
  });

  test('a body over the limit is a 413: by its length before a byte reaches the function, chunked while it comes', async () => {
    const upstream = await startFunction(echo);
    await bench.serve(route('/a', upstream.port, { maxBodyBytes: 1000 }));
    const early = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n',
    );
    // As curl does, after a second without an answer.
    if (differs(kind, 'full duplex')) early.send('x'.repeat(1001));
    expect(statuses((await early.untilText('body-too-large')).received)).toEqual([413]);
    expect(upstream.connections).toBe(0);
    const fits = await request(`${bench.url}/a`, { method: 'POST', body: 'x'.repeat(1000) });
    expect(fits.statusCode).toBe(200);
    await fits.body.dump();
    const chunked = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    chunked.send(`400\r\n${'x'.repeat(1024)}\r\n`);
    if (differs(kind, 'full duplex')) chunked.send('0\r\n\r\n');
    expect(statuses((await chunked.untilText('body-too-large')).received)).toEqual([413]);
  });

  test('an answer that comes before the whole body reaches a client that is still sending', async () => {
    const { port } = await startRawFunction((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno'),
      );
    });
    await bench.serve(route('/a', port, { maxBodyBytes: 1e9 }));
    for (let i = 0; i < 20; i++) {
      // Where it waits for all of the body, there is no more of it.
      const length = differs(kind, 'full duplex') ? 4_000_000 : 20_000_000;
      const wire = Wire.open(bench.port).send(
        `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`,
      );
      for (let sent = 0; sent < 40; sent++) wire.send(Buffer.alloc(100_000));
      await wire.untilText('\r\n\r\nno');
      expect(statuses(wire.received)).toEqual([401]);
      wire.socket.destroy();
    }
  });

  test.each([
    ['a body that is too large', '/a', 413],
    ['no route', '/nothing', 404],
  ])('%s is told to a client that sends all of it without asking', async (_, path, status) => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port, { maxBodyBytes: 1000 }));
    for (let i = 0; i < 10; i++) {
      const wire = Wire.open(bench.port).send(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n`,
      );
      for (let sent = 0; sent < 40; sent++) wire.send(Buffer.alloc(100_000));
      wire.send('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
      // The next request is answered, or the connection ends: it is never made of what is left of this one.
      await wire.until(({ received, ended }) => statuses(received).length === 2 || ended !== 'no');
      expect([[status], [status, 404]]).toContainEqual(statuses(wire.received));
    }
  });

  test('request and answer stream at the same time', async () => {
    const { port } = await startFunction((req, res) => {
      res.writeHead(200);
      res.flushHeaders();
      pipeline(req, res, () => undefined);
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const waits = !differs(kind, 'full duplex');
    const heard = async (text: string): Promise<void> => {
      if (waits) await wire.untilText(text);
    };
    await heard('\r\n\r\n');
    wire.send('3\r\none\r\n');
    await heard('one');
    wire.send('3\r\ntwo\r\n');
    await heard('two');
    await wire.send('0\r\n\r\n').untilText('0\r\n\r\n');
    const body = bodyOf(wire.received);
    const pieces = body.split('\r\n').filter((_, index) => index % 2 === 1);
    expect(pieces.join('')).toBe('onetwo');
    if (!waits) return;
    expect(body).toBe('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n');
  });

  test('server-sent events arrive one by one', async () => {
    const { port } = await startFunction((_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
      let next = 0;
      const timer = setInterval(() => res.write(`data: ${next++}\n\n`), 50);
      res.on('close', () => clearInterval(timer));
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n');
    await wire.untilText('data: 0');
    expect(wire.received).not.toContain('data: 2');
    await wire.untilText('data: 3');
  });

  test('pipelined requests are answered in their order', async () => {
    const { port } = await startFunction((req, res) => {
      setTimeout(() => res.end(req.url), req.url === '/a/1' ? 80 : 0);
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'GET /a/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /a/2 HTTP/1.1\r\nHost: x\r\n\r\nGET /a/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    await wire.untilEnd();
    expect(wire.received.match(/\/a\/\d/g)).toEqual(['/a/1', '/a/2', '/a/3']);
  });
});
