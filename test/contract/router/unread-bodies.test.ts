import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startFunction, startRawFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

/** A request that is part of a body, many times, from each place in it where a reader could begin. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
const BODY = Array.from(
  { length: HIDDEN.length },
  (_, index) => 'y'.repeat(index) + HIDDEN.repeat(3000),
).join('');
const NEXT = 'GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const CHUNKED = `Transfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const WHOLE = `Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

describe.each(ROUTER_KINDS)('bodies that nobody reads to their end, through the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  test.each([
    ['too long, in chunks', CHUNKED, 1000],
    ['too long, by its length', WHOLE, 1000],
    ['answered early, in chunks', CHUNKED, 100_000_000],
    ['answered early, with a length', WHOLE, 100_000_000],
  ])('one that is %s: what is left of it is never taken for a request', async (_, body, maxBodyBytes) => {
    let hidden = 0;
    const any = await startFunction((_request, response) => {
      hidden += 1;
      response.end('hidden');
    });
    const next = await startFunction((_request, response) => response.end('next'));
    const early = await startRawFunction((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.end('HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      });
    });
    await bench.serve(
      route('/a', early.port, { maxBodyBytes }),
      route('/hidden', any.port),
      route('/next', next.port),
    );
    const wire = await Wire.open(bench.port).send(`POST /a HTTP/1.1\r\nHost: x\r\n${body}${NEXT}`).untilEnd();
    expect(hidden).toBe(0);
    // Where the connection is closed at once, the answer may be lost with it.
    expect(statuses(wire.received)).toSatisfy(
      ([first, second]: readonly number[]) => first !== 400 && (second === undefined || second === 200),
    );
  });
});
