import type { ServerResponse } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Concurrency } from '../../../src/core/specs.ts';
import { startFunction, startRawFunction } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { route, GUARDING_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

describe.each(GUARDING_KINDS)('requests at once through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  /** A function that answers when it is told to. */
  const held = async (): Promise<{ port: number; waiting: ServerResponse[]; most: () => number }> => {
    const waiting: ServerResponse[] = [];
    let most = 0;
    const { port } = await startFunction((_, res) => {
      waiting.push(res);
      most = Math.max(most, waiting.filter((each) => !each.writableEnded && !each.destroyed).length);
    });
    return { port, waiting, most: () => most };
  };
  const limit = (requests: number, queue: number, waitMs = 5000): { concurrency: Concurrency } => ({
    concurrency: { requests, queue, waitMs },
  });
  const ask = (): Wire => Wire.open(bench.port).send(GET);
  const arrived = async (waiting: readonly unknown[], count: number): Promise<void> => {
    await expect.poll(() => waiting.length, { interval: 5 }).toBe(count);
  };

  test('more than may be under way wait, in their order; more than may wait get 429 at once', async () => {
    const { port, waiting, most } = await held();
    const other = await startFunction((_, res) => res.end('other'));
    await bench.serve(route('/a', port, limit(2, 3)), route('/b', other.port));
    const wires: Wire[] = [];
    for (let i = 0; i < 2; i++) wires.push(ask());
    await arrived(waiting, 2);
    for (let i = 0; i < 3; i++) {
      wires.push(ask());
      // One after the other, so that their order is known.
      await (await fetch(`${bench.url}/b`)).text();
    }
    const began = performance.now();
    const refused = await ask().untilText('route-busy');
    expect(performance.now() - began).toBeLessThan(100);
    expect(statuses(refused.received)).toEqual([429]);
    expect(header(refused.received, 'Retry-After')).toBe('1');
    expect(await (await fetch(`${bench.url}/b`)).text()).toBe('other');

    for (const [index, wire] of wires.entries()) {
      await expect.poll(() => waiting[index], { interval: 5 }).toBeDefined();
      waiting[index]?.end(`${index}`);
      expect(bodyOf((await wire.untilText('\r\n\r\n')).received)).toContain(`${index}`);
    }
    expect(most()).toBe(2);
  });

  test('who waits too long gets 429', async () => {
    const { port, waiting } = await held();
    await bench.serve(route('/a', port, limit(1, 5, 200)));
    const first = ask();
    await arrived(waiting, 1);
    const late = await ask().untilText('route-busy');
    expect(statuses(late.received)).toEqual([429]);
    waiting[0]?.end('done');
    await first.untilText('done');
  });

  test('a client that leaves gives up its place, in the queue and under way', async () => {
    const { port, waiting } = await held();
    await bench.serve(route('/a', port, limit(1, 1)));
    const first = ask();
    await arrived(waiting, 1);
    const second = ask();
    await expect
      .poll(async () => statuses((await refusedOrWaits()).received), { interval: 20 })
      .toEqual([429]);
    second.socket.destroy();
    const third = ask();
    first.socket.destroy();
    await arrived(waiting, 2);
    waiting[1]?.end('third');
    await third.untilText('third');

    async function refusedOrWaits(): Promise<Wire> {
      const wire = ask();
      await wire.until(() => wire.received !== '', 300).catch(() => wire.socket.destroy());
      return wire;
    }
  });

  test('a WebSocket counts as long as it lasts', async () => {
    const { port } = await startRawFunction((socket) => {
      socket.once('data', (data) => {
        if (data.includes('websocket'))
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
          );
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nplain');
      });
    });
    await bench.serve(route('/a', port, limit(1, 0)));
    const socket = await Wire.open(bench.port)
      .send('GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      .untilText('101 Switching');
    expect(statuses((await ask().untilText('route-busy')).received)).toEqual([429]);
    socket.socket.destroy();
    await expect.poll(async () => (await fetch(`${bench.url}/a`)).status, { interval: 20 }).toBe(200);
  });

  test('who waits while the function is replaced goes to the new instance', async () => {
    const { port, waiting } = await held();
    await bench.serve(route('/a', port, limit(1, 5)));
    const first = ask();
    await arrived(waiting, 1);
    const second = ask();
    const next = await startFunction((_, res) => res.end('from the new one'));
    await expect
      .poll(async () => Object.values(await bench.router.inFlight()).reduce((a, b) => a + b, 0))
      .toBe(1);
    await bench.serve(route('/a', next.port, limit(1, 5)));
    waiting[0]?.end('from the old one');
    await first.untilText('from the old one');
    await second.untilText('from the new one');
  });

  test('who waits goes on at once where the limit goes, and is told where the route goes', async () => {
    const { port, waiting } = await held();
    await bench.serve(route('/a', port, limit(1, 5)));
    const [first, second] = [ask(), ask()];
    await arrived(waiting, 1);
    await bench.serve(route('/a', port));
    await arrived(waiting, 2);
    for (const res of waiting) res.end('done');
    await Promise.all([first, second].map((wire) => wire.untilText('done')));

    await bench.serve(route('/a', port, limit(1, 5)));
    const [third, fourth] = [ask(), ask()];
    await arrived(waiting, 3);
    await bench.serve();
    waiting[2]?.end('third');
    const ended = await Promise.all([third, fourth].map((wire) => wire.untilText(/third|no-route/)));
    expect(new Set(ended.flatMap((wire) => statuses(wire.received)))).toEqual(new Set([200, 404]));
  });
});
