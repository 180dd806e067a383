import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { echo, startFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';
import { SETTINGS } from './bench-options.ts';
import { route, GUARDING_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

describe.each(GUARDING_KINDS)('clients that hold connections of the %s router', (kind) => {
  const started = async (limits: RouterSettings['limits']): Promise<Bench> => {
    const bench = await startBench(kind, { ...SETTINGS, ...(limits === undefined ? {} : { limits }) });
    onTestFinished(() => bench.close());
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port));
    return bench;
  };
  const idle = async (bench: Bench, count: number): Promise<Socket[]> =>
    await Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<Socket>((resolve, reject) => {
            const socket = connect({ port: bench.port, host: '127.0.0.1' });
            onTestFinished(() => void socket.destroy());
            socket.on('connect', () => resolve(socket)).on('error', reject);
          }),
      ),
    );

  test('a thousand idle ones and a thousand half heads do not slow others down', async () => {
    const bench = await started(undefined);
    await idle(bench, 1000);
    for (const socket of await idle(bench, 1000)) socket.write('GET /a HTTP/1.1\r\nHos');
    const times: number[] = [];
    for (let i = 0; i < 50; i++) {
      const began = performance.now();
      expect((await fetch(`${bench.url}/a`)).status).toBe(200);
      times.push(performance.now() - began);
    }
    expect(times.sort((a, b) => a - b)[45]).toBeLessThan(150);
  });

  test('at the limit the one that is idle for longest makes room for a new one', async () => {
    const bench = await started({ connections: 5 });
    const busy = Wire.open(bench.port).send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1');
    await expect.poll(async () => Object.values(await bench.router.inFlight())).toEqual([1]);
    const [first] = await idle(bench, 1);
    const gone = new Promise((resolve) => {
      first?.on('close', resolve).resume();
    });
    await idle(bench, 3);
    expect((await fetch(`${bench.url}/a`)).status).toBe(200);
    await gone;
    expect(statuses((await busy.send('2').untilText('"body"')).received)).toEqual([200]);
  });

  test('where none is idle, a new one is told so', async () => {
    const bench = await started({ connections: 2 });
    const busy = [1, 2].map(() =>
      Wire.open(bench.port).send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1'),
    );
    await expect.poll(async () => Object.values(await bench.router.inFlight())).toEqual([2]);
    const refused = await Wire.open(bench.port).send(GET).untilEnd();
    expect(statuses(refused.received)).toEqual([503]);
    expect(refused.received).toContain('too-many-connections');
    for (const wire of busy) await wire.send('2').untilText('"body"');
  });

  test('this machine and trusted proxies have no limit of an address', async () => {
    const bench = await started({ connectionsPerAddress: 2 });
    await idle(bench, 10);
    expect((await fetch(`${bench.url}/a`)).status).toBe(200);
  });
});
