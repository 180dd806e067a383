import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  echo,
  headerValues,
  startCannedFunction,
  startFunction,
  startRawFunction,
} from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('interim answers through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  test('100 Continue comes, and the body follows', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    await wire.untilText('100 Continue\r\n\r\n');
    await wire.send('hello').untilText('}');
    expect(statuses(wire.received).at(-1)).toBe(200);
  });

  test('100 Continue comes once, from the function, and the body follows', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port));
    const waits: number[] = [];
    // On a busy machine the function may be slower than the router is patient, but not each time.
    while (waits.length < 10 && !waits.some((ms) => ms < 400)) {
      const wire = Wire.open(bench.port).send(
        'POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
      );
      const asked = performance.now();
      await wire.untilText('100 Continue\r\n\r\n');
      waits.push(performance.now() - asked);
      wire.send('hello');
      await wire.untilText('}');
      const twice = differs(kind, 'interim answers') ? [100, 100, 200] : [];
      expect([[100, 200], twice]).toContainEqual(statuses(wire.received));
      const seen = JSON.parse(wire.received.slice(wire.received.indexOf('{'))) as Seen;
      expect(seen.body).toBe(Buffer.from('hello').toString('base64'));
      expect(headerValues(seen.headers, 'expect')).toEqual(['100-continue']);
    }
    expect(Math.min(...waits)).toBeLessThan(400);
  });

  test('a function that knows nothing of 100 Continue gets the body all the same', async () => {
    const { port } = await startRawFunction((socket) => {
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString();
        if (received.endsWith('hello')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    await wire.untilText('100 Continue\r\n\r\n');
    await wire.send('hello').untilText('ok');
    expect(statuses(wire.received)).toEqual([100, 200]);
  });

  test('a refusal instead of 100 Continue passes, and the connection ends', async () => {
    const { port } = await startCannedFunction('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send(
      'POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    const isAsked = differs(kind, 'interim answers');
    // One that was told to continue does.
    if (isAsked) wire.send('hello');
    await wire.untilText('\r\n\r\nno');
    expect(statuses(wire.received).filter((status) => !isAsked || status !== 100)).toEqual([401]);
    if (isAsked) return;
    await wire.untilEnd();
    expect(header(wire.received, 'connection')).toBe('close');
  });

  test('early hints and other interim answers pass as they are, but not to a client of HTTP/1.0', async () => {
    const { port } = await startCannedFunction(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Odd\r\nLink: nonsense\r\n\r\nHTTP/1.1 150 What\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    await bench.serve(route('/a', port));
    const wire = await Wire.open(bench.port)
      .send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
      .untilText('\r\n\r\nok');
    expect(statuses(wire.received)).toEqual([103, 103, 150, 200]);
    expect(header(wire.received, 'link')).toBe('</a.css>; rel=preload');
    const old = await Wire.open(bench.port).send('GET /a HTTP/1.0\r\n\r\n').untilEnd();
    const last = differs(kind, 'interim answers') ? statuses(old.received).slice(-1) : statuses(old.received);
    expect([last, bodyOf(old.received).endsWith('ok')]).toEqual([[200], true]);
  });

  test.each([
    ['POST', 'HTTP/1.1', '100-Continue', [100, 200]],
    ['POST', 'HTTP/1.1', '100-continue, 100-continue', [100, 200]],
    // Go passes it on, and the function answers it.
    ['POST', 'HTTP/1.1', '', [200], 417],
    ['POST', 'HTTP/1.1', '100-continue, magic', [417], 200],
    ['POST', 'HTTP/1.1', '100-continue=yes', [417]],
    ['POST', 'HTTP/1.0', '100-continue', [200]],
    ['POST', 'HTTP/1.0', 'magic', [200], 417],
    ['GET', 'HTTP/1.1', '100-continue', [200]],
  ] as const)(
    'a %s in %s that expects "%s" gets %j',
    async (method, version, expected, answers, byGo?: number) => {
      const isExact = !differs(kind, 'interim answers');
      const { port } = await startFunction(echo);
      await bench.serve(route('/a', port));
      const length = method === 'POST' ? 'Content-Length: 2\r\n' : '';
      const wire = Wire.open(bench.port).send(
        `${method} /a ${version}\r\nHost: x\r\nExpect: ${expected}\r\n${length}Connection: close\r\n\r\n${length && 'ab'}`,
      );
      const given = statuses((await wire.untilEnd()).received);
      // However often it is told to continue, one answer follows.
      expect(given.filter((status) => isExact || status !== 100)).toEqual(
        isExact ? answers : [byGo ?? answers.at(-1)],
      );
    },
  );
});
