import type { Socket } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { freePort } from '../../support/ports.ts';
import {
  resetConnection,
  startCannedFunction,
  startFunction,
  startRawFunction,
} from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { newInstance, route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('a function that fails behind the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const code = (received: string): unknown => (JSON.parse(bodyOf(received)) as { code: unknown }).code;
  const ask = async (port: number, start = 'GET /a HTTP/1.1', rest = ''): Promise<Wire> => {
    await bench.serve(route('/a', port));
    return await Wire.open(bench.port)
      .send(`${start}\r\nHost: x\r\nConnection: close\r\n${rest}\r\n`)
      .untilEnd();
  };

  test('a refused connection is a 502 that names no address', async () => {
    const port = await freePort();
    const wire = await ask(port);
    expect([statuses(wire.received), code(wire.received)]).toEqual([[502], 'function-refused']);
    expect(wire.received).not.toContain(String(port));
    expect(wire.received).toMatch(/^retry-after: 1\r$/im);
  });

  test('a request that ends the function it reaches broke off, and is not asked to come again', async () => {
    const upstream = await startRawFunction((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        socket.once('data', () => void upstream.kill());
      });
    });
    await bench.serve(route('/a', upstream.port));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await wire.untilText('ok');
    wire.send('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const { received } = await wire.untilEnd();
    expect(statuses(received)).toEqual([200, 502]);
    expect(received).toContain('"function-broke-off"');
    expect(received).not.toMatch(/retry-after/i);
  });

  test('a connection that closes without a byte is a 502, and nothing is sent twice', async () => {
    const upstream = await startRawFunction((socket) => socket.once('data', () => socket.end()));
    const wire = await ask(upstream.port, 'POST /a HTTP/1.1', 'Content-Length: 0\r\n');
    expect([statuses(wire.received), code(wire.received)]).toEqual([[502], 'function-broke-off']);
    expect(upstream.connections).toBe(1);
  });

  test('a 503 of the function passes, and the function sees one request', async () => {
    let requests = 0;
    const { port } = await startFunction((_, res) => {
      requests++;
      res.writeHead(503, { 'Content-Length': 4 }).end('busy');
    });
    const wire = await ask(port);
    expect([statuses(wire.received), bodyOf(wire.received), requests]).toEqual([[503], 'busy', 1]);
  });

  test.skipIf(differs(kind, 'lenient parser')).each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unknown transfer encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nX: \0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a switch that nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['lines that all end with LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['a line that no answer begins with', 'hello'],
    ['chunks that are none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`],
  ])('%s is a 502', async (_, answer) => {
    const { port } = await startCannedFunction(answer);
    const wire = await ask(port);
    expect([statuses(wire.received), code(wire.received)]).toEqual([[502], 'function-answer-invalid']);
  });

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\npart'],
    ['no final empty line', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\n'],
  ])('an answer cut within %s never looks complete', async (_, answer) => {
    const { port } = await startCannedFunction(answer, true);
    const wire = await ask(port);
    expect(statuses(wire.received)).toEqual([200]);
    expect(wire.received).not.toMatch(/0\r\n\r\n$/);
    expect(bodyOf(wire.received)).toContain('part');
  });

  test('a cut answer is an abort for a client of HTTP/1.0 too', async () => {
    const upstream = await startCannedFunction(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
    );
    await bench.serve(route('/a', upstream.port));
    const wire = await Wire.open(bench.port).send('GET /a HTTP/1.0\r\n\r\n').untilText('part');
    for (const socket of upstream.open) socket.end();
    expect((await wire.untilEnd()).ended).toBe(differs(kind, 'ends of HTTP/1.0') ? 'end' : 'ECONNRESET');
  });

  test('bytes behind an answer are never taken for the next one', async () => {
    const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const { port } = await startCannedFunction(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    await bench.serve(route('/a', port));
    for (let i = 0; i < 3; i++) {
      const wire = await Wire.open(bench.port)
        .send('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        .untilEnd();
      expect(bodyOf(wire.received)).toBe('ok');
    }
  });

  /** Answers `before` requests per connection, then closes it when the next one arrives. */
  const fickle = async (before: number, how: (socket: Socket) => void) => {
    const seen: string[] = [];
    const upstream = await startRawFunction((socket) => {
      let count = 0;
      socket.on('data', (chunk) => {
        seen.push(chunk.toString().split(' ')[0] ?? '');
        if (count++ < before) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else how(socket);
      });
    });
    return { ...upstream, port: upstream.port, seen };
  };

  test.each([
    ['ends', (socket: Socket) => socket.end()],
    ['is reset', resetConnection],
  ])('a GET on a kept-alive connection that %s is sent once more, on a new one', async (_, how) => {
    const { port, seen } = await fickle(1, how);
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port);
    for (let i = 1; i <= 3; i++) {
      wire.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
      await wire.until(({ received }) => statuses(received).length === i);
    }
    expect(statuses(wire.received)).toEqual([200, 200, 200]);
    expect(seen).toHaveLength(5);
  });

  test.skipIf(differs(kind, 'replayed bodies'))(
    'a PUT with a small body is sent once more, a POST is not',
    async () => {
      const { port, seen } = await fickle(1, (socket) => socket.end());
      const entry = route('/a', { kind: 'instance', instance: newInstance(), port });
      await bench.serve(entry);
      const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
      await wire.untilText('ok');
      wire.send('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
      await wire.until(({ received }) => statuses(received).length === 2);
      wire.send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
      await wire.until(({ received }) => statuses(received).length === 3);
      expect(statuses(wire.received)).toEqual([200, 200, 502]);
      expect(seen).toEqual(['GET', 'PUT', 'PUT', 'POST']);
    },
  );

  test('no GET is lost on a function that ends its connections after a few requests', async () => {
    const { port } = await startFunction((_, res) => res.end('ok'), { keepAliveTimeout: 1000 });
    const close = await startRawFunction((socket) => {
      let count = 0;
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        if (++count % 5 === 0) setTimeout(() => socket.end(), Math.random() * 3);
      });
    });
    await bench.serve(route('/b', port), route('/a', close.port));
    const worker = async (): Promise<number[]> => {
      const wire = Wire.open(bench.port);
      for (let i = 1; i <= 50; i++) {
        wire.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
        await wire.until(({ received }) => statuses(received).length === i);
      }
      return statuses(wire.received);
    };
    const all = (await Promise.all(Array.from({ length: 16 }, worker))).flat();
    expect(all.filter((status) => status !== 200)).toEqual([]);
    expect(all).toHaveLength(800);
  });
});
