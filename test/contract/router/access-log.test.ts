import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { AccessLine } from '../../../src/core/access.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { echo, startFunction, startRawFunction } from '../../support/upstream.ts';
import { bodyOf, Wire } from '../../support/wire.ts';
import { SETTINGS } from './bench-options.ts';
import { newInstance, route, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const KEY = 'faaso_0123456789abcdefghijklmnopqrstuvwxyz';

describe('the access log of the builtin router', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench('builtin', { ...SETTINGS, accessLog: true });
  });
  afterAll(() => bench.close());

  const text = (): Promise<string> => readFile(join(bench.folder, 'access.log'), 'utf8');
  /** The line of the request with that id. */
  const lineOf = async (id: string): Promise<AccessLine> => {
    let found: AccessLine | undefined;
    await expect
      .poll(async () => {
        const lines = (await text()).split('\n').filter((line) => line !== '');
        found = lines.map((line) => JSON.parse(line) as AccessLine).find((line) => line.request_id === id);
        return found;
      })
      .toBeDefined();
    if (found === undefined) throw new Error('it was there');
    return found;
  };
  const ask = (id: string, head: string, ...lines: readonly string[]): Wire =>
    Wire.open(bench.port).send(
      [head, 'Host: shop.example', `X-Request-Id: ${id}`, ...lines, '', ''].join('\r\n'),
    );

  test('says what was asked, by whom, and what became of it; never the query or a credential', async () => {
    const { port } = await startFunction(echo);
    const instance = newInstance();
    await bench.serve(
      route('/a', { kind: 'instance', instance, port }, { auth: { keys: { ci: sha256(KEY) }, basic: {} } }),
    );
    await ask(
      'one',
      'POST /a/b?token=hidden HTTP/1.1',
      `Authorization: Bearer ${KEY}`,
      'User-Agent: test/1 "quoted"',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'Content-Length: 5',
      'Connection: close',
    )
      .send('hello')
      .untilEnd();
    const line = await lineOf('one');
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      request_id: 'one',
      client: '127.0.0.1',
      method: 'POST',
      host: 'shop.example',
      path: '/a/b',
      protocol: 'HTTP/1.1',
      route: '/a',
      function: 'a',
      instance: instance.slice(0, 12),
      status: 200,
      error: null,
      bytes_in: 5,
      bytes_out: expect.any(Number) as number,
      duration_ms: expect.any(Number) as number,
      upstream_ms: expect.any(Number) as number,
      user_agent: 'test/1 "quoted"',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      auth: 'ci',
    });
    expect(line.bytes_out).toBeGreaterThan(100);
    expect(await text()).not.toMatch(/hidden|faaso_/);
  });

  test("names the router's own answers", async () => {
    const { port } = await startFunction(() => undefined);
    await bench.serve(
      route('/a', port, { timeoutMs: 100 }),
      route('/down', { kind: 'unready', reason: 'starting', retryAfterSeconds: 2 }),
      route('/only', port, { methods: ['GET'] }),
      route('/locked', port, { auth: { keys: { ci: sha256(KEY) }, basic: {} } }),
    );
    for (const [id, head, status, error] of [
      ['late', 'GET /a HTTP/1.1', 504, 'function-timeout'],
      ['down', 'GET /down HTTP/1.1', 503, 'function-not-ready'],
      ['nowhere', 'GET /x HTTP/1.1', 404, 'no-route'],
      ['wrong', 'PUT /only HTTP/1.1', 405, 'method-not-allowed'],
      ['locked', 'GET /locked HTTP/1.1', 401, 'unauthorized'],
    ] as const) {
      await ask(id, head, 'Connection: close').untilEnd();
      const line = await lineOf(id);
      expect(line).toMatchObject({ status, error });
      // One that was never asked is not named.
      expect(line.instance !== null).toBe(id === 'late');
    }
  });

  test('has what could not be read, and what was refused before its route was looked for', async () => {
    for (const [request, expected] of [
      ['junk junk junk\r\n\r\n', { status: 400, error: 'request-invalid', method: '', path: '' }],
      [
        `GET /a HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`,
        { status: 431, error: 'headers-too-large', method: '', path: '' },
      ],
      [
        'GET /a HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n',
        { status: 417, error: 'expectation-failed', method: 'GET', path: '/a' },
      ],
      [
        'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n',
        { status: 405, error: 'method-not-allowed', method: 'CONNECT', path: 'x:443' },
      ],
    ] as const) {
      const wire = await Wire.open(bench.port).send(request).untilEnd();
      const { request_id: id } = JSON.parse(bodyOf(wire.received)) as { request_id: string };
      const line = await lineOf(id);
      expect(line).toMatchObject({
        ...expected,
        client: '127.0.0.1',
        route: null,
        function: null,
        bytes_in: 0,
      });
      expect(line.bytes_out).toBe(bodyOf(wire.received).length);
    }
  });

  test('says 499 of a client that left', async () => {
    let came = 0;
    const { port } = await startFunction(() => came++);
    await bench.serve(route('/a', port));
    const wire = ask('left', 'GET /a HTTP/1.1');
    await expect.poll(() => came).toBe(1);
    wire.socket.destroy();
    expect(await lineOf('left')).toMatchObject({ status: 499, error: null, upstream_ms: null });
  });

  test('has a WebSocket once it is over, with the bytes of both ways', async () => {
    const { port } = await startRawFunction((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.on('data', (data) => socket.end(Buffer.concat([data, data])));
      });
    });
    await bench.serve(route('/a', port));
    const wire = await ask(
      'socket',
      'GET /a HTTP/1.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ).untilText('101');
    await wire.send('12345').untilEnd();
    expect(await lineOf('socket')).toMatchObject({ status: 101, bytes_in: 5, bytes_out: 10 });
  });

  test('leaves out what a route leaves out, and has what a route asks for', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/quiet', port, { accessLog: false }), route('/a', port));
    await ask('quiet', 'GET /quiet HTTP/1.1', 'Connection: close').untilEnd();
    await ask('loud', 'GET /a HTTP/1.1', 'Connection: close').untilEnd();
    await lineOf('loud');
    expect(await text()).not.toContain('"quiet"');

    await bench.router.start(
      { ...SETTINGS, accessLog: false },
      bench.table(route('/own', port, { accessLog: true }), route('/a', port)),
    );
    await ask('unasked', 'GET /a HTTP/1.1', 'Connection: close').untilEnd();
    await ask('own', 'GET /own HTTP/1.1', 'Connection: close').untilEnd();
    await lineOf('own');
    expect(await text()).not.toContain('"unasked"');
  });
});
