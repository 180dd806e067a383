import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { echo, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

describe.each(ROUTER_KINDS)('routing by the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const named = async (name: string) => (await startFunction((_, res) => res.end(name))).port;
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const lines = Object.entries({ Host: 'localhost', ...headers }).map(
      ([key, value]) => `${key}: ${value}\r\n`,
    );
    const wire = await Wire.open(bench.port)
      .send(`GET ${path} HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n`)
      .untilEnd();
    return { status: statuses(wire.received)[0], body: bodyOf(wire.received), received: wire.received };
  };

  test('the longest prefix on segment boundaries wins', async () => {
    await bench.serve(
      route('/', await named('root')),
      route('/sum', await named('sum')),
      route('/sum/deep', await named('deep')),
    );
    const answers = await Promise.all(
      [
        '/',
        '/sum',
        '/sum/',
        '/sum/x',
        '/summary',
        '/sum/deep',
        '/sum/deep/er',
        '/sum/deeper',
        '/other',
        '//sum',
        '/sum%2Fdeep',
      ].map(async (path) => `${path} ${(await get(path)).body}`),
    );
    expect(answers).toEqual([
      '/ root',
      '/sum sum',
      '/sum/ sum',
      '/sum/x sum',
      '/summary root',
      '/sum/deep deep',
      '/sum/deep/er deep',
      '/sum/deeper sum',
      '/other root',
      '//sum root',
      '/sum%2Fdeep root',
    ]);
  });

  test('a route for a host comes before one for any host, whatever the case and port of Host', async () => {
    await bench.serve(
      route('/a', await named('any')),
      route('/a', await named('org'), { host: 'example.org' }),
    );
    expect((await get('/a', { Host: 'Example.ORG:8080' })).body).toContain('org');
    expect((await get('/a', { Host: 'example.org.' })).body).toContain('org');
    expect((await get('/a', { Host: 'sub.example.org' })).body).toContain('any');
    expect((await get('http://example.org/a', { Host: 'other' })).body).toContain('org');
  });

  test('no route is a 404 problem with a stable code and a request id', async () => {
    await bench.serve();
    const { status, received, body } = await get('/nothing');
    expect(status).toBe(404);
    expect(header(received, 'content-type')).toBe('application/problem+json');
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'no-route',
      detail: 'no route leads here',
      request_id: header(received, 'x-request-id'),
    });
  });

  test('a method that the route does not take is a 405 with Allow, as is TRACE where nobody asked for it', async () => {
    await bench.serve(
      route('/a', await named('a'), { methods: ['POST', 'PUT'] }),
      route('/b', await named('b')),
    );
    const refused = await get('/a');
    expect([refused.status, header(refused.received, 'allow')]).toEqual([405, 'POST, PUT']);
    const trace = await Wire.open(bench.port)
      .send('TRACE /b HTTP/1.1\r\nHost: x\r\n\r\n')
      .untilText('method-not-allowed');
    expect(statuses(trace.received)).toEqual([405]);
  });

  test('one path leads to different functions by method', async () => {
    await bench.serve(
      route('/a', await named('reads'), { methods: ['GET'] }),
      route('/a', await named('writes'), { methods: ['POST'] }),
    );
    expect((await get('/a')).body).toContain('reads');
    const post = await Wire.open(bench.port)
      .send('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      .untilEnd();
    expect(bodyOf(post.received)).toContain('writes');
    const other = await Wire.open(bench.port)
      .send('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      .untilEnd();
    expect([statuses(other.received), header(other.received, 'allow')]).toEqual([[405], 'GET, POST']);
  });

  test('a target that is not ready is a 503 with Retry-After', async () => {
    await bench.serve(route('/a', { kind: 'unready', reason: 'crash-looping', retryAfterSeconds: 7 }));
    const { status, received, body } = await get('/a');
    expect([status, header(received, 'retry-after')]).toEqual([503, '7']);
    expect(JSON.parse(body)).toMatchObject({
      code: 'function-not-ready',
      detail: 'function "a" is not ready: crash-looping',
    });
  });

  test('path and query reach the function byte for byte, with and without the prefix', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/keep', port), route('/strip', port, { stripPrefix: true }));
    const seen = async (path: string) => (JSON.parse((await get(path)).body) as Seen).url;
    expect(await seen('/keep/a%2Fb//c;d=1?a=1;b&&c=%zz&d')).toBe('/keep/a%2Fb//c;d=1?a=1;b&&c=%zz&d');
    expect(await seen('/strip')).toBe('/');
    expect(await seen('/strip?')).toBe('/?');
    expect(await seen('/strip//x?a?b')).toBe('//x?a?b');
    expect(await seen('http://h/strip/y?q')).toBe('/y?q');
  });

  test('paths with dot segments are refused, and /_faaso is never reached, however it is written', async () => {
    const { port } = await startFunction((_, res) => res.end('reached'));
    await bench.serve(route('/', port), route('/s', port, { stripPrefix: true }));
    for (const path of ['/a/../b', '/a/.', '/%2e%2E/x', '/.%2e', '/a/./b']) {
      expect([path, (await get(path)).status]).toEqual([path, 400]);
    }
    for (const path of [
      '/_faaso/health',
      '/_faaso',
      '//_faaso/health',
      '/%5Ffaaso/x',
      '/_f%61aso/x',
      '/s/_faaso/health',
      '/s//_faaso',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
    for (const path of ['/_faaso2', '/a/_faaso/x', '/a..b/.c', '/...']) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  test('an absolute target is routed by its path and never dialled; CONNECT and odd targets are refused', async () => {
    const other = await startFunction((_, res) => res.end('dialled'));
    await bench.serve(route('/config', await named('routed')));
    expect((await get(`http://127.0.0.1:${other.port}/config/`)).body).toContain('routed');
    const connect = await Wire.open(bench.port)
      .send(`CONNECT 127.0.0.1:${other.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
      .untilText('"code"');
    expect([404, 405]).toContain(statuses(connect.received)[0]);
    const odd = await Wire.open(bench.port)
      .send('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')
      .untilText('\r\n\r\n');
    // Caddy answers this one itself, as it would for a server without any function.
    expect(statuses(odd.received)).toEqual([kind === 'caddy' ? 200 : 400]);
    expect(other.connections).toBe(0);
  });
});
