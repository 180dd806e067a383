import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startFunction, startRawFunction } from '../../support/upstream.ts';
import { Wire } from '../../support/wire.ts';
import { GUARDING_KINDS, route, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const ASK = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe.each(GUARDING_KINDS)('a client that leaves the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  /** A function that takes what comes and answers nothing. `reads`: whether it takes more than the first bytes. */
  const silent = async (reads: boolean): Promise<{ port: number; asked: string[]; left: () => number }> => {
    const asked: string[] = [];
    let left = 0;
    const { port } = await startRawFunction((socket) => {
      socket.once('data', (data) => {
        asked.push(data.toString('latin1'));
        if (!reads) socket.pause();
      });
      socket.on('close', () => left++);
      socket.on('end', () => socket.destroy());
    });
    return { port, asked, left: () => left };
  };
  const inFlight = async (): Promise<number> =>
    Object.values(await bench.router.inFlight()).reduce((sum, n) => sum + n, 0);

  test.each([
    ['ends', (wire: Wire) => wire.socket.end()],
    ['resets', (wire: Wire) => wire.socket.resetAndDestroy()],
    ['sent more and ends', (wire: Wire) => wire.send('frames').socket.end()],
  ])('is noticed while its WebSocket is not answered: it %s', async (_, leave) => {
    const { port, asked, left } = await silent(true);
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(ASK);
    await expect.poll(() => asked.length).toBe(1);
    leave(wire);
    await expect.poll(left, { interval: 5 }).toBe(1);
  });

  test('gives up its place in the queue, also for a WebSocket', async () => {
    const { port, asked } = await silent(true);
    const other = await startFunction((_, res) => res.end('other'));
    await bench.serve(
      route('/b', other.port),
      route('/a', port, { concurrency: { requests: 1, queue: 1, waitMs: 60_000 } }),
    );
    const first = Wire.open(bench.port).send(ASK.replace('/a', '/a/1'));
    await expect.poll(() => asked.length).toBe(1);
    // Its turn after the answer before it is in the queue: nobody else may wait.
    const second = await Wire.open(bench.port)
      .send(`GET /b HTTP/1.1\r\nHost: x\r\n\r\n${ASK.replace('/a', '/a/2')}`)
      .untilText('other');
    expect((await fetch(`${bench.url}/a`)).status).toBe(429);
    second.socket.end();
    await second.untilEnd();
    Wire.open(bench.port).send(ASK.replace('/a', '/a/3'));
    first.socket.destroy();
    await expect.poll(() => asked.length).toBe(2);
    expect(asked[1]).toContain('/a/3');
  });

  test('by a reset in an upload that the function does not take ends the request', async () => {
    const { port, asked } = await silent(false);
    await bench.serve(route('/a', port, { maxBodyBytes: 1e9 }));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 500000000\r\n\r\n',
    );
    wire.send(Buffer.alloc(50_000_000));
    await expect.poll(() => asked.length).toBe(1);
    // Neither the kernels nor the router take more.
    let sent = -1;
    await expect
      .poll(() => {
        const before = sent;
        sent = wire.socket.bytesWritten - wire.socket.writableLength;
        return sent === before;
      })
      .toBe(true);
    expect(await inFlight()).toBe(1);
    wire.socket.resetAndDestroy();
    await expect.poll(inFlight, { interval: 10 }).toBe(0);
  });
});
