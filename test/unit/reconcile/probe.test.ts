import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { httpCall } from '../../../src/reconcile/http-call.ts';
import { probe } from '../../../src/reconcile/probe.ts';
import { freePort } from '../../support/ports.ts';
import { specOf } from '../../support/releases.ts';
import { startFunction, startRawFunction } from '../../support/upstream.ts';
import { until } from '../../support/until.ts';

function health(
  change: { readonly expect?: '2xx' | 'any'; readonly timeoutMs?: number } = {},
): ReturnType<typeof specOf> {
  return specOf({ health: { ...specOf().health, path: '/up', timeoutMs: 2000, ...change } });
}

describe('a probe', () => {
  it.each([
    [200, '2xx', true, '200'],
    [204, '2xx', true, '204'],
    [301, '2xx', false, 'GET /up answered 301'],
    [500, '2xx', false, 'GET /up answered 500'],
    [404, 'any', true, '404'],
    [500, 'any', true, '500'],
  ] as const)('of an answer %i where %s counts', async (status, expected, healthy, detail) => {
    const seen: (string | undefined)[] = [];
    const { port } = await startFunction((request, response) => {
      seen.push(request.method, request.url, request.headers['user-agent'], request.headers.connection);
      response.statusCode = status;
      response.end();
    });
    expect(await probe(health({ expect: expected }), port)).toMatchObject({ healthy, detail });
    expect(seen).toEqual(['GET', '/up', 'faaso-probe', 'close']);
  });

  it('fails where nobody listens, and names the port inside', async () => {
    expect(await probe(health(), await freePort())).toMatchObject({
      healthy: false,
      detail: 'GET /up: port 3000 of the container takes no connection',
    });
  });

  it.each([
    ['at once', (): string => ''],
    ['after half a head', (): string => 'HTTP/1.1 200 OK\r\nContent-'],
  ])('fails when the connection closes %s, whatever counts', async (_title, answer) => {
    const { port } = await startRawFunction((socket) => {
      socket.on('data', () => socket.end(answer()));
    });
    const result = await probe(health({ expect: 'any' }), port);
    expect(result.healthy).toBe(false);
    expect(result.detail).toContain('the connection was closed without an answer');
  });

  it('fails on what is not HTTP', async () => {
    const { port } = await startRawFunction((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await probe(health({ expect: 'any' }), port)).healthy).toBe(false);
  });

  it('fails when nothing is answered in time, and leaves no connection behind', async () => {
    const upstream = await startRawFunction((socket) => void socket.resume());
    expect(await probe(health({ timeoutMs: 50 }), upstream.port)).toMatchObject({
      healthy: false,
      detail: 'GET /up: no answer within 0.05 s',
    });
    await until('the connection is closed', () => upstream.open.size === 0);
  });

  it('succeeds with the head of an answer that never ends', async () => {
    const upstream = await startFunction((_request, response) => {
      response.write('data: 1\n\n');
    });
    expect(await probe(health(), upstream.port)).toMatchObject({ healthy: true });
    await until('the connection is closed', () => upstream.open.size === 0);
  });

  it('ends when it is aborted', async () => {
    const upstream = await startRawFunction((socket) => void socket.resume());
    const stop = new AbortController();
    const result = probe(health(), upstream.port, stop.signal);
    await until('it is connected', () => upstream.connections === 1);
    stop.abort(new Error('no longer watched'));
    await expect(result).rejects.toThrow('no longer watched');
    await until('the connection is closed', () => upstream.open.size === 0);
    await expect(probe(health(), upstream.port, stop.signal)).rejects.toThrow('no longer watched');
    expect(upstream.connections).toBe(1);
  });
});

describe('a call', () => {
  it('cuts a body at a mebibyte and does not wait for the rest', async () => {
    const { port } = await startFunction((_request, response) => {
      const more = (): void => {
        while (response.writable && response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', more);
      more();
    });
    const answer = await httpCall({ port, method: 'GET', path: '/', timeoutMs: 10_000 });
    expect([answer.status, answer.body.length]).toEqual([200, 1024 * 1024]);
  });

  it('gives up on an answer that stops in the middle', async () => {
    const { port } = await startFunction((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
    });
    await expect(httpCall({ port, method: 'GET', path: '/', timeoutMs: 50 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('rejects an answer that was cut off', async () => {
    const { port } = await startFunction((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    await expect(httpCall({ port, method: 'GET', path: '/', timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  it('sends method, headers and body, and returns those of the answer', async () => {
    const { port } = await startFunction((request, response) => {
      response.setHeader('x-method', request.method ?? '');
      response.setHeader('x-got', request.headers['x-sent'] ?? '');
      request.pipe(response);
    });
    const answer = await httpCall({
      port,
      method: 'PUT',
      path: '/',
      headers: { 'x-sent': '1' },
      body: 'héllo',
      timeoutMs: 5000,
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-method': 'PUT', 'x-got': '1' } });
    expect(answer.body.toString()).toBe('héllo');
  });

  it('rejects a path that HTTP does not know', async () => {
    await expect(httpCall({ port: 1, method: 'GET', path: '/a b', timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_UNESCAPED_CHARACTERS',
    });
  });

  it('leaves nothing on a signal that many calls share', async () => {
    const { port } = await startFunction((_request, response) => response.end());
    const { signal } = new AbortController();
    for (let time = 0; time < 3; time += 1) {
      await httpCall({ port, method: 'GET', path: '/', timeoutMs: 5000, signal });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
