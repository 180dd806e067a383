import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { listen } from '../../support/upstream.ts';
import type { Upstream } from '../../support/upstream.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

describe.each(ROUTER_KINDS)('many WebSockets through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const startEcho = async (): Promise<{ upstream: Upstream; server: WebSocketServer }> => {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, binary) => {
        if (binary) socket.send(data, { binary });
        else socket.close(Number(String(data)));
      });
    });
    return { upstream: await listen(http), server };
  };
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${bench.url.replace('http', 'ws')}/ws`);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    return socket;
  };

  test('a thousand idle ones stay, hear pings, and leave no descriptor behind', async () => {
    const { upstream, server } = await startEcho();
    await bench.serve(route('/ws', upstream.port));
    const status = bench.router.status();
    const pid = kind === 'builtin' && status.kind === 'serving' ? status.pid : undefined;
    const descriptors = (): number => (pid === undefined ? 0 : readdirSync(`/proc/${pid}/fd`).length);
    const before = descriptors();
    const sockets: WebSocket[] = [];
    while (sockets.length < 1000)
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open()))));
    const pings = Promise.all(sockets.map((socket) => once(socket, 'ping')));
    for (const socket of server.clients) socket.ping('there?');
    await pings;
    const pongs = Promise.all(sockets.map((socket) => once(socket, 'pong')));
    for (const socket of sockets) socket.ping();
    await pongs;
    for (const socket of sockets.slice(0, 500)) socket.terminate();
    for (const socket of [...server.clients].slice(0, 200)) socket.terminate();
    for (const socket of sockets.slice(500)) socket.close();
    await expect.poll(() => upstream.open.size, { timeout: 5000 }).toBe(0);
    await expect.poll(() => bench.router.inFlight()).toEqual({});
    await expect.poll(descriptors, { timeout: 5000 }).toBeLessThanOrEqual(before);
  });

  test('fragments with control frames between them, and every kind of close code, pass', async () => {
    const { upstream } = await startEcho();
    await bench.serve(route('/ws', upstream.port));
    const socket = await open();
    const pong = once(socket, 'pong');
    socket.send(Buffer.alloc(70_000, 'a'), { fin: false });
    socket.ping('between');
    socket.send(Buffer.alloc(1, 'b'), { fin: false });
    socket.send(Buffer.alloc(0), { fin: true });
    expect(String((await pong)[0])).toBe('between');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.length).toBe(70_001);
    for (const code of [1000, 1001, 1011, 1013, 3000, 4000, 4999]) {
      const other = await open();
      const closed = once(other, 'close');
      other.send(String(code));
      expect((await closed)[0]).toBe(code);
    }
  });
});
