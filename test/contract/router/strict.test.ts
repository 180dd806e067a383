import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startStrictFunction } from '../../support/strict-function.ts';
import type { StrictFunction } from '../../support/strict-function.ts';
import { startRawFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';
import { BODIES, chunked, get, HEADS, NEXT, post, READ_BY_GO, TARGETS } from './strict-rows.ts';

describe.each(ROUTER_KINDS)('strictness of the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  /** What a client gets for `text`, and a function that takes nothing but what is clear. */
  const ask = async (text: string): Promise<{ wire: Wire; upstream: StrictFunction }> => {
    const upstream = await startStrictFunction();
    await bench.serve(route('/', upstream.port));
    return { wire: Wire.open(bench.port).send(text), upstream };
  };
  const isReadByGo = (name: string): boolean => differs(kind, 'lenient parser') && name in READ_BY_GO;
  /** Answered once and not by a function. Go has more than one status for what it cannot read, and none for HTTP/2. */
  const refused = (wire: Wire, status: number): void => {
    const given = statuses(wire.received);
    const exact = differs(kind, 'parser answers') ? [[], [400], [501], [502], [505]] : [[status]];
    expect(given).toBeOneOf(exact);
  };

  test.each(HEADS.filter(([name]) => !isReadByGo(name)))(
    '%s is refused once, and nothing behind it is read',
    async (_, text) => {
      const { wire, upstream } = await ask(`${text}${NEXT}`);
      await wire.untilEnd();
      refused(wire, text.includes(' HTTP/2.0\r\nHost') ? 505 : 400);
      expect(upstream.connections).toBe(0);
    },
  );

  test.each(TARGETS)('the target %j is refused', async (target) => {
    const { wire, upstream } = await ask(get(target));
    await wire.untilText('\r\n\r\n');
    expect([statuses(wire.received), upstream.connections]).toEqual([[400], 0]);
  });

  test.each(BODIES.filter((body) => !isReadByGo(body)))(
    'a body of %j is refused once, and the function is let go',
    async (body) => {
      const { wire, upstream } = await ask(`${chunked(body)}${NEXT}`);
      await wire.untilEnd();
      refused(wire, 400);
      expect([upstream.seen, upstream.unclear]).toEqual([[], []]);
      await expect.poll(() => bench.router.inFlight()).toEqual({});
    },
  );

  test.each(
    [...HEADS, ...BODIES.map((body) => [body, chunked(body)] as const)].filter(([name]) => isReadByGo(name)),
  )('%j is read in one way, and framed anew', async (name, text) => {
    const reading = READ_BY_GO[name] ?? [];
    const { wire, upstream } = await ask(`${text}${NEXT}`);
    await wire.until(({ received }) => statuses(received).length === reading.length);
    expect([upstream.seen, upstream.unclear]).toEqual([reading, []]);
    expect(statuses(wire.received)).toEqual(reading.map(() => 200));
  });

  const REST = NEXT.repeat(10_000);
  test.each([
    ['of a length', post(`Content-Length: ${REST.length}`, REST)],
    ['in chunks', post('Transfer-Encoding: chunked', `${REST.length.toString(16)}\r\n${REST}\r\n0\r\n\r\n`)],
    ['in broken chunks', post('Transfer-Encoding: chunked', `3\r\nabc\n0\r\n\r\n${REST}`)],
  ])('a body %s that the function did not wait for is never taken for requests', async (_, text) => {
    const seen: string[] = [];
    const upstream = await startRawFunction((socket) => {
      socket.once('data', (chunk) => {
        seen.push(chunk.toString().split(' ', 2).join(' '));
        socket.pause();
        socket.end('HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
      });
    });
    await bench.serve(route('/', upstream.port));
    const wire = Wire.open(bench.port).send(text + get('/next', 'Host: x\r\nConnection: close'));
    await wire.untilEnd();
    // It is refused, the connection ends behind it, or goes on where the next request really begins.
    expect(seen).toBeOneOf([[], ['POST /'], ['POST /', 'GET /next']]);
    expect(statuses(wire.received).length).toBeLessThanOrEqual(Math.max(1, seen.length));
    for (const status of statuses(wire.received)) expect(status).toBeOneOf([400, 401, 502]);
  });

  test.each([
    ['Host: a:', 'a:'],
    ['Host: [::1]:80', '[::1]:80'],
    ['Host: a_b.c-d:65535', 'a_b.c-d:65535'],
    ["Host: a!$&'()*+;=~", "a!$&'()*+;=~"],
    ['Host: a%62', 'a%62'],
    ['Host: a.', 'a.'],
    ['Host:', 'localhost'],
  ])('%s is a host', async (line, host) => {
    const { wire, upstream } = await ask(get('/', `${line}\r\nConnection: close`));
    await wire.untilEnd();
    // Caddy takes no empty one.
    if (line === 'Host:' && kind === 'caddy') return refused(wire, 400);
    expect([statuses(wire.received), upstream.unclear]).toEqual([[200], []]);
    expect(upstream.lines.filter((each) => /^host:/i.test(each))).toEqual([`Host: ${host}`]);
  });

  test('a length with an underscore, which servers of CGI and WSGI take for one, does not pass', async () => {
    const { wire, upstream } = await ask(get('/', 'Host: x\r\nContent_Length: 3\r\nConnection: close'));
    await wire.untilEnd();
    expect([upstream.seen, upstream.unclear]).toEqual([['GET /'], []]);
  });
});
