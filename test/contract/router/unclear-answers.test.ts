import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startCannedFunction } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { differs } from './caddy-differs.ts';

/** Answers that could be read in two ways, or in none. */
const UNCLEAR_ANSWERS: readonly (readonly [string, string])[] = [
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'],
  [
    'length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ],
  ['an unknown transfer encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
  ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
  ['a NUL', 'HTTP/1.1 200 OK\r\nX: \0\r\n\r\n'],
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a switch that nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['lines that all end with LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
  ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`],
];

const CHUNKED = 'Transfer-Encoding: chunked';

/** Answers that Go reads in one way: how the router frames them anew, and what comes of the body while the function lives. */
const ANSWERS_READ_BY_GO: Readonly<Record<string, { readonly framing: string; readonly body: string }>> = {
  'two lengths': { framing: 'Content-Length: 2', body: 'ok' },
  'length and chunks': { framing: CHUNKED, body: '3\r\nabc\r\n0\r\n\r\n' },
  // All of it up to the end of the connection.
  'chunks in HTTP/1.0': { framing: CHUNKED, body: '5\r\n0\r\n\r\n\r\n' },
  'a folded header': { framing: 'Content-Length: 0', body: '' },
  // It is no length.
  'a blank before the colon': { framing: CHUNKED, body: '' },
  'bare line feeds': { framing: 'Content-Length: 0', body: '' },
  'lines that all end with LF': { framing: 'Content-Length: 2', body: 'ok' },
};

describe.each(ROUTER_KINDS)('answers that are unclear behind the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const code = (received: string): unknown => (JSON.parse(bodyOf(received)) as { code: unknown }).code;
  const ask = async (port: number): Promise<Wire> => {
    await bench.serve(route('/a', port));
    return await Wire.open(bench.port)
      .send('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      .untilEnd();
  };
  const isReadByGo = ([name]: readonly [string, string]): boolean =>
    differs(kind, 'lenient parser') && name in ANSWERS_READ_BY_GO;

  test.each(UNCLEAR_ANSWERS.filter((row) => !isReadByGo(row)))('%s is a 502', async (_, answer) => {
    const { port } = await startCannedFunction(answer);
    const wire = await ask(port);
    expect([statuses(wire.received), code(wire.received)]).toEqual([[502], 'function-answer-invalid']);
  });

  test.each(UNCLEAR_ANSWERS.filter(isReadByGo))('%s is framed anew', async (name, answer) => {
    const { framing, body } = ANSWERS_READ_BY_GO[name] ?? { framing: '', body: '' };
    const { port } = await startCannedFunction(answer);
    await bench.serve(route('/a', port));
    const wire = Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await wire.untilText(`\r\n\r\n${body}`);
    const head = wire.received.slice(0, wire.received.indexOf('\r\n\r\n')).split('\r\n').slice(1);
    expect(head.filter((line) => /^(?:content-length|transfer-encoding)\b/i.test(line))).toEqual([framing]);
    for (const line of head) expect(line).toMatch(/^[\w-]+: [ -~]*$/);
    expect([statuses(wire.received), bodyOf(wire.received)]).toEqual([[200], body]);
  });

  test('a line that no answer begins with is a 502', async () => {
    const { port } = await startCannedFunction('hello');
    await bench.serve(route('/a', port, { timeoutMs: 500 }));
    const wire = await Wire.open(bench.port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n').untilText('}');
    // Go waits for the end of the line.
    const expected = differs(kind, 'lenient parser')
      ? [[504], 'function-timeout']
      : [[502], 'function-answer-invalid'];
    expect([statuses(wire.received), code(wire.received)]).toEqual(expected);
  });

  test('chunks that are none are a 502', async () => {
    const { port } = await startCannedFunction(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n',
    );
    const { received } = await ask(port);
    // Caddy may have sent the head by then: what it sends never looks complete.
    expect(received).not.toMatch(/0\r\n\r\n$/);
    expect(statuses(received)).toBeOneOf(differs(kind, 'lenient parser') ? [[], [200], [502]] : [[502]]);
  });
});
