import { readFileSync } from 'node:fs';
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
    // Go tries by itself once more, and Caddy may tell of that.
    if (kind === 'caddy' && received.includes('"function-refused"')) return;
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

  test('a PUT with a small body is sent once more, a POST is not', async () => {
    const { port, seen } = await fickle(1, (socket) => socket.end());
    const entry = route('/a', { kind: 'instance', instance: newInstance(), port });
    await bench.serve(entry);
    const wire = Wire.open(bench.port);
    const ask = async (method: string): Promise<void> => {
      const before = statuses(wire.received).length;
      const body = method === 'GET' ? '\r\n' : 'Content-Length: 3\r\n\r\nabc';
      wire.send(`${method} /a HTTP/1.1\r\nHost: x\r\n${body}`);
      await wire.until(({ received }) => statuses(received).length > before);
    };
    await ask('GET');
    // Where the PUT is not sent again, what comes next has a new connection.
    const isReplayed = !differs(kind, 'replayed bodies');
    if (isReplayed) await ask('PUT');
    await ask('POST');
    expect(statuses(wire.received)).toEqual(isReplayed ? [200, 200, 502] : [200, 502]);
    // Head and body may come one after the other.
    expect(seen.filter((text) => text !== 'abc')).toEqual(
      isReplayed ? ['GET', 'PUT', 'PUT', 'POST'] : ['GET', 'POST'],
    );
  });

  test('a POST is not given to a kept-alive connection whose end has come, even before the router hears of it', async () => {
    const seen: string[] = [];
    const upstream = await startFunction((req, res) => {
      seen.push(req.method ?? '');
      req.resume().on('end', () => res.end('ok'));
    });
    await bench.serve(route('/a', upstream.port));
    const wire = Wire.open(bench.port);
    // Without a body it is sent at once.
    const post = (): Wire => wire.send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    const answers = (count: number) => wire.until(({ received }) => statuses(received).length === count);
    await post().untilText('ok');
    // The function closes what is idle, and the router closes its side: it is known for it from here on.
    for (const socket of upstream.open) socket.end();
    await expect.poll(() => upstream.open.size).toBe(0);
    post();
    await answers(2);
    await withHeld(bench, () => {
      post();
      for (const socket of upstream.open) socket.destroy();
    });
    await answers(3);
    const last = differs(kind, 'replayed bodies') ? [200, 502] : [200];
    expect(statuses(wire.received)).toBeOneOf(last.map((status) => [200, 200, status]));
    expect(seen.length).toBe(statuses(wire.received).filter((status) => status === 200).length);
  });

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

/** Does something while the router's process stands still: it finds all of it at once, in its order. */
async function withHeld({ kind, router }: Bench, action: () => void): Promise<void> {
  const status = router.status();
  if (kind !== 'builtin' || status.kind !== 'serving') {
    action();
    return;
  }
  const { pid } = status;
  process.kill(pid, 'SIGSTOP');
  try {
    await expect.poll(() => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]).toBe('T');
    action();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
