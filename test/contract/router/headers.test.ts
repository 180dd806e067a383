import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { echo, headerValues, startCannedFunction, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { startStrictFunction } from '../../support/strict-function.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { SETTINGS } from './bench-options.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

describe.each(ROUTER_KINDS)('headers through the %s router', (kind) => {
  let bench: Bench;
  let trusting: Bench;
  let trustingOthers: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
    trusting = await startBench(kind, { ...SETTINGS, trustedProxies: ['127.0.0.0/8', '::1'] });
    trustingOthers = await startBench(kind, {
      ...SETTINGS,
      trustedProxies: ['10.0.0.0/8', '::1', '127.0.0.2'],
    });
  });
  afterAll(async () => {
    await bench.close();
    await trusting.close();
    await trustingOthers.close();
  });

  const ofParser = differs(kind, 'parser answers') ? /^text\/plain/ : /^application\/problem\+json$/;
  /** The request as the function sees it. `lines`: header lines after Host. */
  const seen = async (lines: readonly string[], on = bench, start = 'GET /echo HTTP/1.1'): Promise<Seen> => {
    const { port } = await startFunction(echo);
    await on.serve(route('/echo', port), route('/strip', port, { stripPrefix: true, timeoutMs: 2500 }));
    const text = [start, 'Host: Shop.example:8080', ...lines, 'Connection: close', '', ''].join('\r\n');
    const wire = await Wire.open(on.port).send(text).untilEnd();
    return JSON.parse(Buffer.from(bodyOf(wire.received), 'latin1').toString()) as Seen;
  };
  const ofAnswer = async (answer: string, start = 'GET /a HTTP/1.1'): Promise<Wire> => {
    const { port } = await startCannedFunction(answer);
    await bench.serve(route('/a', port));
    return await Wire.open(bench.port).send(`${start}\r\nHost: x\r\nConnection: close\r\n\r\n`).untilEnd();
  };

  test('order, case, duplicates and latin-1 values of request headers are kept', async () => {
    const { headers } = await seen(['X-b: 1', 'x-A: \xe9\xff', 'X-B: 2', 'Cookie: a=1', 'cookie: b=2']);
    const values = ['host', 'x-b', 'x-a', 'cookie'].map((name) => headerValues(headers, name));
    expect(values).toEqual([['Shop.example:8080'], ['1', '2'], ['\xe9\xff'], ['a=1', 'b=2']]);
    if (differs(kind, 'written by Go')) return;
    expect(headers.slice(0, 12)).toEqual([
      'Host',
      'Shop.example:8080',
      'X-b',
      '1',
      'x-A',
      '\xe9\xff',
      'X-B',
      '2',
      'Cookie',
      'a=1',
      'cookie',
      'b=2',
    ]);
  });

  test('order, case, duplicates, latin-1 values and the reason of an answer are kept', async () => {
    const { received } = await ofAnswer(
      'HTTP/1.1 201 Made  Up\r\nset-COOKIE: a=1\r\nX-Z: \xe9\r\nSet-Cookie: b=2\r\nDate: then\r\nContent-Length: 2\r\n\r\nok',
    );
    expect([statuses(received), bodyOf(received)]).toEqual([[201], 'ok']);
    expect(received.match(/^(?:set-cookie|x-z|date|content-length): .*(?=\r$)/gim)?.toSorted(byName)).toEqual(
      [
        expect.stringMatching(/^content-length: 2$/i),
        expect.stringMatching(/^date: then$/i),
        expect.stringMatching(/^set-cookie: a=1$/i),
        expect.stringMatching(/^set-cookie: b=2$/i),
        expect.stringMatching(/^x-z: \xe9$/i),
      ],
    );
    if (differs(kind, 'written by Go')) return;
    expect(received).toMatch(
      /^HTTP\/1\.1 201 Made {2}Up\r\nset-COOKIE: a=1\r\nX-Z: \xe9\r\nSet-Cookie: b=2\r\nDate: then\r\nContent-Length: 2\r\n/,
    );
  });

  test.each([
    ['nobody is', () => bench],
    ['others are', () => trustingOthers],
  ])(
    'forwarding headers of a client that is not trusted are replaced, in every spelling, where %s',
    async (_, on) => {
      const forged = [
        'X-Forwarded-For: 6.6.6.6',
        'x-forwarded-FOR: 7.7.7.7',
        'X_Forwarded_For: 8.8.8.8',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: evil',
        'X-Forwarded-Prefix: /evil',
        'X-Forwarded-Port: 1',
        'X-Forwarded-Server: evil',
        'X-Forwarded-Ssl: on',
        'X-Forwarded-User: admin',
        'Forwarded: for=6.6.6.6',
        'X-Real-IP: 6.6.6.6',
        'X_Real_IP: 6.6.6.6',
        'X-Faaso-Timeout-Ms: 1',
        'X_Request_Id: evil',
      ];
      const told = async (start: string): Promise<readonly string[]> => {
        const { headers } = await seen(forged, on(), start);
        return headers
          .flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1] ?? ''}`] : []))
          .filter((line) => line !== 'Connection: keep-alive' && !line.startsWith('traceparent: '))
          .toSorted();
      };
      const own = (timeoutMs: number, ...prefix: readonly string[]): readonly unknown[] => [
        'Host: Shop.example:8080',
        `X-Faaso-Timeout-Ms: ${timeoutMs}`,
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Host: Shop.example:8080',
        ...prefix,
        'X-Forwarded-Proto: http',
        expect.stringMatching(/^X-Request-Id: [0-9a-f-]{36}$/),
      ];
      expect(await told('GET /echo HTTP/1.1')).toEqual(own(10_000));
      expect(await told('GET /strip/x HTTP/1.1')).toEqual(own(2500, 'X-Forwarded-Prefix: /strip'));
    },
  );

  test('forwarding headers of a trusted proxy are believed and extended', async () => {
    const { headers } = await seen(
      [
        'X-Forwarded-For: 6.6.6.6',
        'X-Forwarded-For: 7.7.7.7',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: shop',
        'X-Forwarded-Prefix: /outer/',
        'X-Forwarded-Port: 443',
        'Forwarded: for=6.6.6.6',
        'X-Real-IP: 6.6.6.6',
        'X_Real_IP: 1',
      ],
      trusting,
      'GET /strip/x HTTP/1.1',
    );
    const one = (name: string) => headerValues(headers, name).join(' | ');
    expect(one('x-forwarded-for')).toBe('6.6.6.6, 7.7.7.7, 127.0.0.1');
    expect(one('x-forwarded-proto')).toBe('https');
    expect(one('x-forwarded-host')).toBe('shop');
    expect(one('x-forwarded-prefix')).toBe('/outer/strip');
    expect(one('x-forwarded-port')).toBe('443');
    expect(one('forwarded')).toBe('for=6.6.6.6');
    expect(one('x-real-ip')).toBe('6.6.6.6');
    expect(one('x_real_ip')).toBe('');
  });

  test('the stripped prefix and the timeout of the route are told to the function', async () => {
    const { headers, url } = await seen([], bench, 'GET /strip/x HTTP/1.1');
    expect(url).toBe('/x');
    expect(headerValues(headers, 'x-forwarded-prefix')).toEqual(['/strip']);
    expect(headerValues(headers, 'x-faaso-timeout-ms')).toEqual(['2500']);
  });

  test('a usable request id is kept, any other is replaced', async () => {
    const id = async (value: string) =>
      headerValues((await seen([`X-Request-Id: ${value}`])).headers, 'x-request-id');
    expect(await id('abc.DEF_1-2')).toEqual(['abc.DEF_1-2']);
    for (const bad of ['a b', 'a,b', 'x'.repeat(129), ''])
      expect((await id(bad))[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('hop-by-hop request headers end at the router, nominated ones too, but never its own', async () => {
    const { headers } = await seen([
      'Connection: X-Mine, x-forwarded-for, Content-Length, keep-alive',
      'X-Mine: 1',
      'X-Kept: 1',
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]);
    const names = headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names).toEqual(expect.arrayContaining(['x-kept', 'x-forwarded-for']));
    for (const gone of [
      'x-mine',
      'keep-alive',
      'te',
      'proxy-connection',
      'proxy-authorization',
      'upgrade',
      'http2-settings',
    ]) {
      expect(names).not.toContain(gone);
    }
  });

  test('hop-by-hop headers of an answer end at the router, nominated ones too', async () => {
    const { received } = await ofAnswer(
      `HTTP/1.1 200 OK\r\nConnection: ${kind === 'caddy' ? '' : 'close, '}X-Secret, Content-Length\r\nX-Secret: 1\r\nX-Kept: 1\r\nKeep-Alive: timeout=1\r\n` +
        'Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(header(received, 'x-kept')).toBe('1');
    expect(header(received, 'content-length')).toBe(kind === 'caddy' ? undefined : '2');
    for (const gone of ['x-secret', 'proxy-authenticate', 'upgrade', 'proxy-connection'])
      expect(header(received, gone)).toBeUndefined();
    expect(bodyOf(received)).toMatch(/^ok$|^2\r\nok\r\n0\r\n\r\n$/);
  });

  test('an upgrade to h2c is a plain request, with its body', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/echo', port));
    const wire = Wire.open(bench.port).send(
      'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 5\r\n\r\nhe',
    );
    wire.send('llo');
    await wire.untilText('}');
    expect(statuses(wire.received)).toEqual([200]);
    expect(JSON.parse(bodyOf(wire.received))).toMatchObject({
      method: 'POST',
      body: Buffer.from('hello').toString('base64'),
    });
  });

  test('HTTP/1.0 without Host is served, and the function gets a Host', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/echo', port));
    const wire = await Wire.open(bench.port).send('GET /echo HTTP/1.0\r\n\r\n').untilEnd();
    expect(statuses(wire.received)).toEqual([200]);
    expect(headerValues((JSON.parse(bodyOf(wire.received)) as Seen).headers, 'host')).toEqual([
      kind === 'caddy' ? `127.0.0.1:${port}` : 'localhost',
    ]);
    expect(wire.received).not.toContain('Transfer-Encoding');
  });

  test('a request of HTTP/1.1 without Host, or with two, is a 400', async () => {
    await bench.serve(route('/', { kind: 'unready', reason: '', retryAfterSeconds: 1 }));
    for (const lines of ['', 'Host: a\r\nhost: b\r\n']) {
      const wire = await Wire.open(bench.port).send(`GET / HTTP/1.1\r\n${lines}\r\n`).untilEnd();
      expect(statuses(wire.received)).toEqual([400]);
      expect(header(wire.received, 'content-type')).toMatch(ofParser);
    }
  });

  test('an expectation that is not 100-continue is a 417', async () => {
    await bench.serve();
    const wire = await Wire.open(bench.port)
      .send('GET / HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\n\r\n')
      .untilEnd();
    expect(statuses(wire.received)).toEqual([417]);
  });

  test('heads that are too large are a 431 and end the connection', async () => {
    await bench.serve();
    const large = await Wire.open(bench.port)
      .send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(65_536)}\r\n\r\n`)
      .untilEnd();
    expect(statuses(large.received)).toEqual([431]);
    const long = await Wire.open(bench.port)
      .send(`GET /${'y'.repeat(65_536)} HTTP/1.1\r\nHost: x\r\n\r\n`)
      .untilEnd();
    expect(statuses(long.received)).toEqual([431]);
    const lines = Array.from({ length: 1500 }, (_, i) => `X-${i}: ${'y'.repeat(40)}\r\n`).join('');
    const many = await Wire.open(bench.port).send(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`).untilEnd();
    expect(statuses(many.received)).toEqual([431]);
  });

  test('what two readers could understand differently is a 400', async () => {
    const upstream = await startStrictFunction();
    await bench.serve(route('/', upstream.port));
    const bad = [
      // What Caddy makes of these is in strict.test.ts.
      ...(differs(kind, 'lenient parser')
        ? []
        : ['Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'X: a\r\n b\r\n\r\n']),
      'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
      'Content-Length: +2\r\n\r\nab',
      'Transfer-Encoding: chunked, gzip\r\n\r\n',
      'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      'X : a\r\n\r\n',
    ];
    for (const rest of bad) {
      const wire = await Wire.open(bench.port)
        .send(`POST / HTTP/1.1\r\nHost: x\r\n${rest}`)
        .untilText(/HTTP\/1\.1 \d{3}/);
      expect([rest, ...statuses(wire.received)]).toEqual([rest, expect.toBeOneOf([400, 501])]);
      expect(header(wire.received, 'content-type')).toMatch(ofParser);
    }
    expect(upstream.connections).toBe(0);
  });

  test('a length beside chunks never reaches the function', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/echo', port));
    const wire = Wire.open(bench.port).send(
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    );
    await wire.untilText('}');
    if (statuses(wire.received)[0] === 400) return;
    expect(differs(kind, 'lenient parser')).toBe(true);
    const { headers, body } = JSON.parse(bodyOf(wire.received)) as Seen;
    expect(headerValues(headers, 'content-length')).toEqual([]);
    expect(body).toBe(Buffer.from('ab').toString('base64'));
  });
});

function byName(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
