import { expect, it } from 'vitest';

import type { StampedLine } from '../../../src/engine/docker/log-lines.ts';
import { logLines } from '../../../src/engine/docker/log-lines.ts';

const STAMP = '2026-11-21T08:00:00.123456789Z';

function frame(stream: 1 | 2, text: string | Buffer, stamp = STAMP): Buffer {
  const payload = Buffer.concat([Buffer.from(`${stamp} `), Buffer.from(text)]);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function* inChunksOf(size: number, bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(bytes: Buffer, size = bytes.length, whole = true): Promise<StampedLine[]> {
  const lines: StampedLine[] = [];
  for await (const line of logLines(inChunksOf(size, bytes), { whole })) lines.push(line);
  return lines;
}

it.each([1, 3, 8, 1000])('reads lines of both streams from chunks of %i bytes', async (size) => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\r\n'), frame(1, '\n'), frame(1, 'é€😀\n')]);
  const lines = await read(bytes, size);
  expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
    ['stdout', 'one'],
    ['stderr', 'two'],
    ['stdout', ''],
    ['stdout', 'é€😀'],
  ]);
  expect(lines[0]?.at).toBe(Date.parse('2026-11-21T08:00:00.123Z'));
});

it('joins a line that is spread over messages, with a character on the cut and the other stream between', async () => {
  const smile = Buffer.from('😀');
  const bytes = Buffer.concat([
    frame(1, Buffer.concat([Buffer.from('a'), smile.subarray(0, 2)])),
    frame(2, 'between\n'),
    frame(1, Buffer.concat([smile.subarray(2), Buffer.from('b\n')]), '2026-11-21T08:00:01.000000000Z'),
  ]);
  const lines = await read(bytes);
  expect(lines.map(({ text }) => text)).toEqual(['between', 'a😀b']);
  expect(lines[1]?.stamp).toBe(STAMP);
});

it('gives a last line without an end only when there is no more to come', async () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(1, 'tail')]);
  expect((await read(bytes, 10, true)).map(({ text }) => text)).toEqual(['one', 'tail']);
  expect((await read(bytes, 10, false)).map(({ text }) => text)).toEqual(['one']);
});

it('cuts a line that never ends', async () => {
  const bytes = Buffer.concat(Array.from({ length: 70 }, () => frame(1, 'x'.repeat(16_384))));
  const lines = await read(bytes);
  expect(lines.length).toBe(2);
  expect(lines[0]?.text.length).toBe(2 ** 20);
});
