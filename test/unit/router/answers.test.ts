import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ChunkedDecoder } from '../../../src/router/builtin/upstream/chunked.ts';
import { InvalidAnswer, parseResponseHead } from '../../../src/router/builtin/upstream/response-head.ts';

/** Decodes a body that arrives in pieces cut at the given places. */
function decode(
  bytes: Buffer,
  cuts: readonly number[],
): { body: string; trailers: readonly string[]; done: boolean; taken: number } {
  const decoder = new ChunkedDecoder();
  const parts: Buffer[] = [];
  let lasts = 0;
  let taken = 0;
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  for (let i = 0; i + 1 < edges.length && !decoder.done; i++) {
    taken += decoder.push(bytes.subarray(edges[i], edges[i + 1]), (data, last) => {
      parts.push(data);
      if (last) lasts++;
    });
  }
  expect(lasts).toBe(decoder.done ? 1 : 0);
  return {
    body: Buffer.concat(parts).toString('latin1'),
    trailers: decoder.trailers,
    done: decoder.done,
    taken,
  };
}

describe('reading chunked bodies', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  test('a body is the same however it arrives, and what follows it is left alone', () => {
    const piece = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), cuts, (pieces, places) => {
        const chunks = pieces.map((data) =>
          Buffer.concat([Buffer.from(`${data.length.toString(16)};x=1\r\n`), data, Buffer.from('\r\n')]),
        );
        const message = Buffer.concat([...chunks, Buffer.from('0\r\nX-T: 1\r\n\r\n')]);
        const { body, trailers, done, taken } = decode(
          Buffer.concat([message, Buffer.from('HTTP/1.1 200')]),
          places,
        );
        expect(body).toBe(Buffer.concat(pieces).toString('latin1'));
        expect([trailers, done]).toEqual([['X-T', '1'], true]);
        expect(taken).toBe(message.length);
      }),
      { numRuns: 300 },
    );
  });

  test('every cut of a body is incomplete', () => {
    const message = Buffer.from('3\r\nabc\r\n0\r\n\r\n');
    for (let length = 0; length < message.length; length++)
      expect(decode(message.subarray(0, length), []).done).toBe(false);
  });

  test.each([
    '3\nabc',
    'g\r\n',
    '-1\r\n',
    '+1\r\n',
    '0x1\r\n',
    '1\r\nab\r\n',
    ' 1\r\n',
    '1 2\r\n',
    '1;\0\r\n',
    `${'1'.repeat(13)}\r\n`,
    '0\r\nbad\r\n\r\n',
    '0\r\nX: a\nY: b\r\n\r\n',
    `1;${'x'.repeat(5000)}`,
  ])('malformed chunks are refused: %j', (text) => {
    expect(() => decode(Buffer.from(text), [1, 2, 3])).toThrow(InvalidAnswer);
  });
});

describe('reading heads of answers', () => {
  const parse = (lines: readonly string[], method = 'GET') => parseResponseHead(lines.join('\r\n'), method);
  const readOrRefused = (lines: readonly string[]): { readonly headers: readonly string[] } => {
    try {
      return parse(lines);
    } catch (error) {
      if (error instanceof InvalidAnswer) return { headers: [] };
      throw error;
    }
  };

  test('the framing follows status, method and headers', () => {
    const framing = (status: number, lines: string[], method = 'GET') =>
      parse([`HTTP/1.1 ${status} X`, ...lines], method).framing;
    expect(framing(200, ['Content-Length: 5'])).toEqual({ kind: 'length', length: 5 });
    expect(framing(200, ['Content-Length: 0'])).toEqual({ kind: 'none' });
    expect(framing(200, ['Transfer-Encoding: Chunked'])).toEqual({ kind: 'chunked' });
    expect(framing(200, [])).toEqual({ kind: 'close' });
    for (const status of [103, 204, 304])
      expect(framing(status, ['Transfer-Encoding: chunked'])).toEqual({ kind: 'none' });
    expect(framing(200, ['Content-Length: 5'], 'HEAD')).toEqual({ kind: 'none' });
  });

  test('a connection is kept where both sides may keep it', () => {
    const kept = (version: string, ...lines: string[]) =>
      parse([`HTTP/${version} 200 OK`, 'Content-Length: 0', ...lines]).persistent;
    expect(kept('1.1')).toBe(true);
    expect(kept('1.1', 'Connection: close')).toBe(false);
    expect(kept('1.1', 'Connection: close, keep-alive')).toBe(false);
    expect(kept('1.0')).toBe(false);
    expect(kept('1.0', 'Connection: Keep-Alive')).toBe(true);
    expect(parse(['HTTP/1.1 200 OK']).persistent).toBe(false);
    expect(parse(['HTTP/1.1 200 OK', 'Keep-Alive: timeout=5, max=10']).keepAliveMs).toBe(5000);
  });

  test('whatever the bytes, a head is read or refused, and never lets a line break into a header', () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom(
        'Content-Length: 1',
        'Connection: close, x',
        'X: y',
        'Transfer-Encoding: chunked',
        ': a',
        'a b: c',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 299'),
        (lines, start) => {
          const { headers } = readOrRefused([start, ...lines]);
          for (const text of headers) expect(text).not.toMatch(/[\r\n\0]/);
          expect(headers.length % 2).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each(['HTTP/2 200 OK', 'HTTP/1.1 099 X', 'HTTP/1.1 20 X', 'HTTP/1.1  200', 'http/1.1 200 OK', ''])(
    'no status line: %j',
    (line) => {
      expect(() => parse([line])).toThrow(InvalidAnswer);
    },
  );
});
