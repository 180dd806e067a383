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

  test('idle for longest is whoever was answered longest ago, not who came first', async () => {
    const bench = await started({ connections: 3 });
    const ask = async (wire: Wire, answers: number): Promise<Wire> =>
      await wire.send(GET).until(({ received }) => statuses(received).length === answers);
    const [first, second, third] = [
      await ask(Wire.open(bench.port), 1),
      await ask(Wire.open(bench.port), 1),
      await ask(Wire.open(bench.port), 1),
    ];
    await ask(first, 2);
    await ask(Wire.open(bench.port), 1);
    await second.untilEnd();
    await ask(Wire.open(bench.port), 1);
    await third.untilEnd();
    expect(first.ended).toBe('no');
  });

  test('an idle one is found behind a thousand that are busy', async () => {
    const bench = await started({ connections: 1003 });
    const busy = await idle(bench, 1001);
    for (const socket of busy) socket.write('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1');
    await expect
      .poll(async () => Object.values(await bench.router.inFlight()), { timeout: 20_000 })
      .toEqual([1001]);
    const ask = async (): Promise<Wire> => await Wire.open(bench.port).send(GET).untilText('"body"');
    const wires = [await ask(), await ask(), await ask()];
    expect(wires.flatMap(({ received }) => statuses(received))).toEqual([200, 200, 200]);
    await wires[0]?.untilEnd();
  });

  test('where none is idle, new ones are told so, and are no room for others', async () => {
    const bench = await started({ connections: 2 });
    const busy = [1, 2].map(() =>
      Wire.open(bench.port).send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1'),
    );
    await expect.poll(async () => Object.values(await bench.router.inFlight())).toEqual([2]);
    const refused = Array.from({ length: 5 }, () => Wire.open(bench.port).send(GET));
    for (const wire of refused) {
      expect(statuses((await wire.untilEnd()).received)).toEqual([503]);
      expect(wire.received).toContain('too-many-connections');
    }
    // They have not gone: many more are not even told.
    const more = Array.from({ length: 200 }, () => Wire.open(bench.port).send(GET));
    for (const wire of more) await wire.untilEnd();
    expect(more.some(({ received }) => received === '')).toBe(true);
    for (const wire of busy) await wire.send('2').untilText('"body"');
  });

  test('this machine and trusted proxies have no limit of an address', async () => {
    const bench = await started({ connectionsPerAddress: 2 });
    await idle(bench, 10);
    expect((await fetch(`${bench.url}/a`)).status).toBe(200);
  });
});
