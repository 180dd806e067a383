import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startFunction } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { SETTINGS } from './bench-options.ts';
import { newInstance, route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('swaps and drains of the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

  test('20 swaps under 200 requests/s lose no request, and none is answered by an instance after it was replaced', async () => {
    const lost: string[] = [];
    let requests = 0;
    let current = 0;
    let running = true;
    const ask = async (wire: Wire): Promise<void> => {
      const expected = current;
      wire.received = '';
      wire.send(GET);
      requests++;
      await wire.untilText(/\r\n\r\nv\d+;/);
      const version = Number(/v(\d+);/.exec(wire.received)?.[1]);
      if (statuses(wire.received)[0] !== 200 || version < expected)
        lost.push(`${expected}: ${wire.received}`);
    };
    const kept = async (): Promise<void> => {
      const wire = Wire.open(bench.port);
      for (; running; await pause(10)) await ask(wire);
    };
    const fresh = async (): Promise<void> => {
      for (; running; await pause(10)) {
        const wire = Wire.open(bench.port);
        await ask(wire);
        wire.socket.destroy();
      }
    };
    const start = async (version: number) =>
      await startFunction((_, res) =>
        res.writeHead(200, { 'Content-Length': `v${version};`.length }).end(`v${version};`),
      );
    const first = await start(0);
    let old = newInstance();
    await bench.serve(route('/a', { kind: 'instance', instance: old, port: first.port }));
    const clients = [kept(), fresh(), kept(), fresh()];
    for (let version = 1; version <= 20; version++) {
      const next = await start(version);
      const instance = newInstance();
      await bench.serve(route('/a', { kind: 'instance', instance, port: next.port }));
      current = version;
      await bench.router.drain(old, 5000);
      old = instance;
      await pause(100);
    }
    running = false;
    await Promise.all(clients);
    expect(lost).toEqual([]);
    expect(requests).toBeGreaterThan(200);
  }, 90_000);

  test('a request in flight finishes on the instance that it started on, and drain waits for it', async () => {
    let finish: () => void = () => undefined;
    const slow = await startFunction((_, res) => {
      finish = () => res.end('old');
    });
    const next = await startFunction((_, res) => res.end('new'));
    const old = newInstance();
    await bench.serve(route('/a', { kind: 'instance', instance: old, port: slow.port }));
    const wire = Wire.open(bench.port).send(GET);
    await expect.poll(() => bench.router.inFlight()).toEqual({ a: 1 });
    await bench.serve(route('/a', next.port));
    const other = await Wire.open(bench.port).send(GET).untilText('new');
    expect(statuses(other.received)).toEqual([200]);
    let drained = false;
    const drain = bench.router.drain(old, 10_000).then(() => {
      drained = true;
    });
    expect(await bench.router.inFlight()).toEqual({ a: 1 });
    expect(drained).toBe(false);
    finish();
    await drain;
    await wire.untilText('old');
    expect(statuses(wire.received)).toEqual([200]);
  });

  test('the drain deadline ends what is left: 504 before an answer, an abort after its beginning', async () => {
    const silent = await startFunction((req, res) => {
      if (req.url === '/a/begun') res.write('begun');
    });
    const old = newInstance();
    await bench.serve(route('/a', { kind: 'instance', instance: old, port: silent.port }));
    const waiting = Wire.open(bench.port).send(GET);
    const begun = await Wire.open(bench.port).send(GET.replace('/a', '/a/begun')).untilText('begun');
    await expect.poll(() => bench.router.inFlight()).toEqual({ a: 2 });
    const byStop = differs(kind, 'drain deadline');
    const started = performance.now();
    await Promise.all([...(byStop ? [] : [60_000]), 300].map((ms) => bench.router.drain(old, ms)));
    expect(performance.now() - started).toBeLessThan(1000);
    // What comes after the drain.
    if (byStop) await silent.kill();
    await waiting.untilText(byStop ? 'function-broke-off' : 'function-replaced');
    expect(statuses(waiting.received)).toEqual([byStop ? 502 : 504]);
    await begun.untilEnd();
    expect(bodyOf(begun.received)).not.toContain('\r\n0\r\n');
    await expect.poll(() => silent.open.size).toBe(0);
    await expect.poll(() => bench.router.inFlight()).toEqual({});
  });

  test('draining an instance that nobody uses is done at once', async () => {
    await bench.router.drain(newInstance(), 10_000);
    expect(await bench.router.inFlight()).toEqual({});
  });

  test('the listener moves when the settings change, and the new address is told', async () => {
    const { port } = await startFunction((_, res) => res.end('moved'));
    const moving = await startBench(kind);
    onTestFinished(() => moving.close());
    const before = moving.url;
    const seen: string[] = [];
    moving.router.onStatus((status) => seen.push(status.kind === 'serving' ? status.url : 'down'));
    await moving.router.start(
      { ...SETTINGS, kind: kind === 'caddy' ? 'caddy' : 'builtin', host: '127.0.0.2' },
      moving.table(route('/a', port)),
    );
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/^http:\/\/127\.0\.0\.2:/);
    expect(await (await fetch(`${seen[0] ?? ''}/a`)).text()).toBe('moved');
    await expect(fetch(`${before}/a`)).rejects.toThrow('fetch failed');
  });

  test('stopping finishes what is in flight, tells kept-alive clients to close, and sends WebSockets away', async () => {
    let finish: () => void = () => undefined;
    const { port } = await startFunction((_, res) => {
      finish = () => res.writeHead(200, { 'Content-Length': 4 }).end('done');
    });
    const stopping = await startBench(kind);
    onTestFinished(() => stopping.close());
    await stopping.serve(route('/a', port));
    const wire = Wire.open(stopping.port).send(GET);
    const idle = await Wire.open(stopping.port).send('GET /b HTTP/1.1\r\nHost: x\r\n\r\n').untilText('}');
    await expect.poll(() => stopping.router.inFlight()).toEqual({ a: 1 });
    const closed = stopping.router.close('stop');
    await idle.untilEnd();
    finish();
    await wire.untilEnd();
    await closed;
    expect(statuses(wire.received)).toEqual([200]);
    expect(wire.received).toMatch(/^Connection: close\r$/m);
    expect(bodyOf(wire.received)).toBe('done');
    expect(stopping.router.status()).toEqual({ kind: 'down', reason: 'stopped' });
  });
});

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
