import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { RateLimit } from '../../../src/core/specs.ts';
import { echo, headerValues, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { SETTINGS } from './bench-options.ts';
import { route, GUARDING_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';

describe.each(GUARDING_KINDS)('limits of the %s router', (kind) => {
  let bench: Bench;
  let behindProxy: Bench;
  beforeAll(async () => {
    [bench, behindProxy] = await Promise.all([
      startBench(kind),
      startBench(kind, { ...SETTINGS, trustedProxies: ['127.0.0.1'] }),
    ]);
  });
  afterAll(() => Promise.all([bench.close(), behindProxy.close()]));

  const ask = async ({ port }: Bench, ...headers: readonly string[]): Promise<string> => {
    const lines = headers.map((line) => `${line}\r\n`).join('');
    return (await Wire.open(port).send(`${GET}${lines}\r\n`).untilEnd()).received;
  };
  const status = async (at: Bench, ...headers: readonly string[]): Promise<number | undefined> =>
    statuses(await ask(at, ...headers))[0];

  describe('a rate', () => {
    const rate = (more: Partial<RateLimit> = {}): { rateLimit: RateLimit } => ({
      rateLimit: { requests: 2, perMs: 60_000, burst: 2, by: 'client', ...more },
    });

    test('lets a burst through, then answers 429 and says when to come again', async () => {
      const { port } = await startFunction(echo);
      await bench.serve(route('/a', port, rate()), route('/b', port));
      expect([await status(bench), await status(bench)]).toEqual([200, 200]);
      const refused = await ask(bench);
      expect(statuses(refused)).toEqual([429]);
      expect(JSON.parse(bodyOf(refused))).toMatchObject({ code: 'rate-limited' });
      expect(Number(header(refused, 'Retry-After'))).toBeGreaterThan(20);
      expect(Number(header(refused, 'Retry-After'))).toBeLessThanOrEqual(30);
      expect((await fetch(`${bench.url}/b`)).status).toBe(200);
    });

    test('goes on counting when the table is replaced', async () => {
      const { port } = await startFunction(echo);
      const limited = rate({ requests: 1, burst: 1, perMs: 50_000 });
      await bench.serve(route('/a', port, { ...limited, methods: ['GET'] }));
      expect(await status(bench)).toBe(200);
      const next = await startFunction(echo);
      await bench.serve(route('/a', next.port, { ...limited, methods: ['GET'] }));
      expect(await status(bench)).toBe(429);
    });

    test('comes back with time', async () => {
      const { port } = await startFunction(echo);
      await bench.serve(
        route('/a', port, { ...rate({ requests: 1, burst: 1, perMs: 300 }), host: 'localhost' }),
      );
      expect(await status(bench)).toBe(200);
      const began = performance.now();
      await expect.poll(() => status(bench), { interval: 20 }).toBe(200);
      expect(performance.now() - began).toBeGreaterThan(150);
    });

    test('counts each client behind a trusted proxy for itself, and whatever it claims for nothing', async () => {
      const { port } = await startFunction(echo);
      await behindProxy.serve(route('/a', port, rate({ requests: 1, burst: 1 })));
      const from = (addresses: string): Promise<number | undefined> =>
        status(behindProxy, `X-Forwarded-For: ${addresses}`);
      expect(await from('203.0.113.1')).toBe(200);
      expect(await from('203.0.113.2')).toBe(200);
      expect(await from('9.9.9.9, 203.0.113.1')).toBe(429);
      expect(await from('2001:db8::1')).toBe(200);
      expect(await from('2001:db8::ffff')).toBe(429);
      expect(await from('2001:db8:0:1::1')).toBe(200);
    });
  });

  describe('a route that is not public', () => {
    test('answers this machine', async () => {
      const { port } = await startFunction(echo);
      await bench.serve(route('/a', port, { public: false }));
      expect(await status(bench)).toBe(200);
    });

    test('is not there for a page of a name that a browser takes for this machine', async () => {
      const { port } = await startFunction(echo);
      await bench.serve(route('/a', port, { public: false }));
      const wire = Wire.open(bench.port).send(
        'GET /a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      );
      expect(statuses((await wire.untilEnd()).received)).toEqual([404]);
    });

    test('is not there for clients of a proxy, trusted or not', async () => {
      const { port } = await startFunction(echo);
      for (const at of [bench, behindProxy]) {
        await at.serve(route('/a', port, { public: false, methods: ['GET'] }), route('/', port));
        for (const line of [
          'X-Forwarded-For: 203.0.113.1',
          'X-Forwarded-For: 127.0.0.1, 203.0.113.1',
          'X-Forwarded-For: nonsense',
          'Forwarded: for=203.0.113.1',
          'X-Real-IP: 203.0.113.1',
        ]) {
          const answer = await ask(at, line);
          expect([line, ...statuses(answer)]).toEqual([line, 404]);
          expect(JSON.parse(bodyOf(answer))).toMatchObject({
            code: 'no-route',
            detail: 'no route leads here',
          });
        }
      }
      const posted = await Wire.open(bench.port)
        .send(
          'POST /a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        )
        .untilEnd();
      expect(statuses(posted.received)).toEqual([404]);
      expect(await status(behindProxy, 'X-Forwarded-For: 127.0.0.1')).toBe(200);
      expect(await status(behindProxy, 'X-Forwarded-For: ::1')).toBe(200);
    });
  });

  describe('traceparent', () => {
    const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const seen = async (...headers: readonly string[]): Promise<readonly string[]> => {
      const { port } = await startFunction(echo);
      await bench.serve(route('/a', port));
      const text = bodyOf(await ask(bench, ...headers));
      return (JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Seen).headers;
    };

    test('is passed on as it came, with its tracestate', async () => {
      const headers = await seen(`Traceparent: ${VALID}`, 'tracestate: a=1', 'Tracestate: b=2');
      expect(headerValues(headers, 'traceparent')).toEqual([VALID]);
      expect(headerValues(headers, 'tracestate')).toEqual(['a=1', 'b=2']);
    });

    test.each([
      ['none', []],
      ['one that is not valid', ['traceparent: 00-xyz']],
      ['two', [`traceparent: ${VALID}`, `traceparent: ${VALID}`]],
      ['one that the connection ends', [`traceparent: 00-${'0'.repeat(32)}-b7ad6b7169203331-01`]],
    ])('is made where there is %s, and a tracestate without it is dropped', async (_, headers) => {
      const made = await seen(...headers, 'tracestate: a=1');
      expect(headerValues(made, 'traceparent')).toEqual([
        expect.stringMatching(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/),
      ]);
      expect(headerValues(made, 'tracestate')).toEqual([]);
    });
  });
});
