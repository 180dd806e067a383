import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { listen, startCannedFunction, startFunction } from '../../support/upstream.ts';
import type { Upstream } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { newInstance, route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

const ASK =
  'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe.each(ROUTER_KINDS)('WebSockets through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const startEcho = async (): Promise<{ upstream: Upstream; closes: number[] }> => {
    const http = createServer();
    const server = new WebSocketServer({ server: http, maxPayload: 20e6 });
    const closes: number[] = [];
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, binary) => socket.send(data, { binary }));
      socket.on('close', (code) => closes.push(code));
    });
    return { upstream: await listen(http), closes };
  };
  const open = async (path: string): Promise<WebSocket> => {
    const socket = new WebSocket(`${bench.url.replace('http', 'ws')}${path}`, { maxPayload: 20e6 });
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    return socket;
  };

  test('text, 5 MB of binary and a close code pass unchanged', async () => {
    const { upstream, closes } = await startEcho();
    await bench.serve(route('/ws', upstream.port, { stripPrefix: true }));
    const socket = await open('/ws/chat?a=1');
    socket.send('hällo');
    expect(String((await once(socket, 'message'))[0])).toBe('hällo');
    const data = randomBytes(5_000_000);
    socket.send(data);
    const [back] = (await once(socket, 'message')) as [Buffer];
    expect(back.equals(data)).toBe(true);
    socket.close(4001);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(4001);
    await expect.poll(() => closes).toEqual([4001]);
    await expect.poll(() => bench.router.inFlight()).toEqual({});
  });

  test('a refused upgrade passes with its body', async () => {
    const { port } = await startFunction((_, res) => res.writeHead(403, { 'X-Why': 'no' }).end('not you'));
    await bench.serve(route('/ws', port));
    const wire = await Wire.open(bench.port).send(`GET /ws HTTP/1.1\r\n${ASK}`).untilText('not you');
    expect([statuses(wire.received), header(wire.received, 'x-why')]).toEqual([[403], 'no']);
    expect(wire.received).toContain('not you');
    await expect.poll(() => bench.router.inFlight()).toEqual({});
  });

  test('a switch to another protocol than was asked for is none', async () => {
    for (const upgrade of ['Upgrade: h2c\r\n', '']) {
      const { port } = await startCannedFunction(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${upgrade}\r\n`,
      );
      await bench.serve(route('/ws', port));
      const wire = await Wire.open(bench.port)
        .send(`GET /ws HTTP/1.1\r\n${ASK}`)
        .untilText('function-answer-invalid');
      expect(statuses(wire.received)).toEqual([502]);
    }
  });

  test('whatever the case of what is asked for and of the answer, a WebSocket is one', async () => {
    const { port } = await startCannedFunction(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nfirst',
    );
    await bench.serve(route('/ws', port));
    const wire = Wire.open(bench.port).send(`GET /ws HTTP/1.1\r\n${ASK.replace('websocket', 'WebSocket')}`);
    expect(statuses((await wire.untilText('first')).received)).toEqual([101]);
  });

  test('a handshake that says that its body is empty is one', async () => {
    const { upstream } = await startEcho();
    await bench.serve(route('/ws', upstream.port));
    const wire = Wire.open(bench.port).send(`GET /ws HTTP/1.1\r\nContent-Length: 0\r\n${ASK}`);
    expect(statuses((await wire.untilText('\r\n\r\n')).received)).toEqual([101]);
  });

  test('an upgrade that no route takes is answered on the socket', async () => {
    await bench.serve();
    for (const path of ['/nothing', '/_faaso/ws']) {
      const wire = await Wire.open(bench.port).send(`GET ${path} HTTP/1.1\r\n${ASK}`).untilText('}\n');
      expect(statuses(wire.received)).toEqual([404]);
      expect(JSON.parse(bodyOf(wire.received))).toMatchObject({ code: 'no-route' });
    }
  });

  test('when one side is gone, the other is closed within a second', async () => {
    const { upstream } = await startEcho();
    await bench.serve(route('/ws', upstream.port));
    const first = await open('/ws');
    first.terminate();
    await expect.poll(() => upstream.open.size, { timeout: 1000 }).toBe(0);
    const second = await open('/ws');
    const closed = once(second, 'close');
    const started = performance.now();
    for (const socket of upstream.open) socket.destroy();
    await closed;
    expect(performance.now() - started).toBeLessThan(1000);
    await expect.poll(() => bench.router.inFlight()).toEqual({});
  });

  test('a socket outlives a swap of its route; the drain deadline closes it with 1001 and loses no message', async () => {
    const { upstream, closes } = await startEcho();
    const next = await startEcho();
    const old = newInstance();
    await bench.serve(route('/ws', { kind: 'instance', instance: old, port: upstream.port }));
    const socket = await open('/ws');
    await bench.serve(route('/ws', next.upstream.port));
    const sent: string[] = [];
    const received: string[] = [];
    socket.on('message', (data: Buffer) => received.push(String(data)));
    const timer = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent.push(String(sent.length));
      socket.send(String(sent.length - 1).padEnd(70_000));
    }, 5);
    onTestFinished(() => clearInterval(timer));
    const byStop = differs(kind, 'drain deadline');
    const closed = once(socket, 'close');
    const drained = bench.router.drain(old, 500);
    // What comes after the drain.
    if (byStop) await drained.then(() => upstream.kill());
    const [code] = (await closed) as [number];
    clearInterval(timer);
    await drained;
    expect(code).toBe(byStop ? 1006 : 1001);
    expect(received.length).toBeGreaterThan(0);
    expect(received.map((text) => text.trim())).toEqual(sent.slice(0, received.length));
    await expect.poll(() => closes).toEqual([code]);
    expect(next.upstream.connections).toBe(0);
  });

  test('bytes that come right behind either head are not lost', async () => {
    const http = createServer();
    http.on('upgrade', (_, socket) => {
      socket.on('error', () => undefined);
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
      );
      socket.on('data', (chunk) => socket.write(chunk));
    });
    const { port } = await listen(http);
    await bench.serve(route('/ws', port));
    const wire = await Wire.open(bench.port).send(`GET /ws HTTP/1.1\r\n${ASK}second`).untilText('second');
    expect(bodyOf(wire.received)).toBe('firstsecond');
  });
});
