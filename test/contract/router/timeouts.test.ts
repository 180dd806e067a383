import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { echo, startFunction, startRawFunction } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('time limits of the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const busy = async (): Promise<number> =>
    Object.values(await bench.router.inFlight()).reduce((sum, n) => sum + n, 0);

  test('no answer within the timeout is a 504 that names the function and the limit', async () => {
    const { port } = await startFunction(() => undefined);
    await bench.serve(route('/a', port, { timeoutMs: 400 }));
    const started = performance.now();
    const wire = await Wire.open(bench.port)
      .send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
      .untilText('function-timeout');
    expect(performance.now() - started).toBeGreaterThanOrEqual(390);
    expect(performance.now() - started).toBeLessThan(700);
    expect(statuses(wire.received)).toEqual([504]);
    expect(JSON.parse(bodyOf(wire.received))).toMatchObject({
      detail: 'function "a" did not answer within its timeout of 0.4 s',
    });
    expect(await busy()).toBe(0);
  });

  test('an answer that stops on the way is broken off after the timeout', async () => {
    const upstream = await startFunction((_, res) => {
      res.writeHead(200, { 'Content-Length': 100 });
      res.write('part');
    });
    await bench.serve(route('/a', upstream.port, { timeoutMs: 300 }));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await wire.untilText('part');
    // Otherwise it lasts as long as its function.
    if (differs(kind, 'silent answers')) await upstream.kill();
    await wire.untilEnd();
    expect(bodyOf(wire.received)).toBe('part');
    await expect.poll(busy).toBe(0);
  });

  test('neither a slow upload nor a slow answer is cut while bytes still flow', async () => {
    const { port } = await startFunction(echo);
    const drip = await startFunction((_, res) => {
      let left = 8;
      const timer = setInterval(() => {
        if (left-- > 0) return void res.write('x');
        clearInterval(timer);
        res.end();
      }, 100);
    });
    await bench.serve(route('/up', port, { timeoutMs: 400 }), route('/down', drip.port, { timeoutMs: 400 }));
    const down = Wire.open(bench.port).send('GET /down HTTP/1.1\r\nHost: x\r\n\r\n');
    const up = Wire.open(bench.port).send(
      'POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nConnection: close\r\n\r\n',
    );
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      up.send('x');
    }
    expect(statuses((await up.untilEnd()).received)).toEqual([200]);
    expect(statuses((await down.untilText('0\r\n\r\n')).received)).toEqual([200]);
  });

  test('a client that stops sending its body gets a 408, and the function is let go', async () => {
    const upstream = await startFunction(echo);
    await bench.serve(route('/a', upstream.port, { timeoutMs: 300 }));
    const wire = await Wire.open(bench.port)
      .send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nx')
      .untilText('\r\n\r\n');
    // For Caddy a client that is silent is often one that has left.
    expect(kind === 'caddy' ? [408, 499, 504] : [408]).toContain(statuses(wire.received)[0]);
    expect(kind === 'caddy' || wire.received.includes('request-timeout')).toBe(true);
    expect(await busy()).toBe(0);
  });

  test('an answer that needs nothing of the body comes to a client that sends nothing of it', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port, { timeoutMs: 300, methods: ['POST'], maxBodyBytes: 1000 }));
    for (const [start, status] of [
      ['POST /nothing HTTP/1.1', 404],
      ['PUT /a HTTP/1.1', 405],
    ] as const) {
      const wire = Wire.open(bench.port).send(`${start}\r\nHost: x\r\nContent-Length: 100\r\n\r\nx`);
      await wire.untilText('\r\n\r\n');
      expect(statuses(wire.received)).toEqual([status]);
    }
  });

  test('a client that goes away ends the request to the function within 100 ms', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let closedAt = 0;
    const { port } = await startFunction((_, res) => {
      res.on('close', () => {
        closedAt = performance.now();
      });
      arrived();
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await arrival;
    expect(await busy()).toBe(1);
    const left = performance.now();
    wire.socket.destroy();
    await expect.poll(() => closedAt, { interval: 5 }).toBeGreaterThan(0);
    expect(closedAt - left).toBeLessThan(100);
    expect(await busy()).toBe(0);
  });

  test('a client that goes away in the middle of its upload ends the request to the function', async () => {
    const closed = new Promise<void>((resolve) => {
      void startRawFunction((socket) => {
        socket.on('data', () => undefined);
        socket.on('close', () => resolve());
      }).then(async ({ port }) => {
        await bench.serve(route('/a', port));
        const wire = Wire.open(bench.port).send(
          'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart',
        );
        await expect.poll(busy).toBe(1);
        wire.socket.destroy();
      });
    });
    await closed;
    expect(await busy()).toBe(0);
  });

  test('a client that does not read holds back the function until it leaves', async () => {
    let written = 0;
    const { port } = await startFunction((_, res) => {
      const fill = (): void => {
        while (written < 200e6 && res.write(Buffer.alloc(65_536))) written += 65_536;
      };
      res.on('drain', fill);
      fill();
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port);
    await once(wire.socket, 'connect');
    wire.socket.pause();
    wire.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(busy).toBe(1);
    // What the kernels hold, and no more.
    let before = -1;
    await expect
      .poll(() => {
        const isSame = written === before;
        before = written;
        return isSame;
      })
      .toBe(true);
    expect(written).toBeLessThan(30e6);
    wire.socket.destroy();
    await expect.poll(busy).toBe(0);
  });
});
