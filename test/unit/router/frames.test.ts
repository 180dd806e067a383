import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FrameTracker } from '../../../src/router/builtin/proxy/frames.ts';

function frame(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([0x82, mask | length])
      : length < 65_536
        ? Buffer.from([0x82, mask | 126, length >> 8, length & 255])
        : Buffer.from([
            0x82,
            mask | 127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >>> 16) & 255,
            (length >>> 8) & 255,
            length & 255,
          ]);
  return Buffer.concat([head, Buffer.alloc((masked ? 4 : 0) + length, 0xff)]);
}

const frames = fc.array(
  fc.tuple(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000), fc.boolean()),
  { minLength: 1, maxLength: 5 },
);

test('boundaries are found in whatever pieces the frames come', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 8 }), (specs, cuts) => {
      const list = specs.map(([length, masked]) => frame(length, masked));
      const bytes = Buffer.concat(list);
      const ends = new Set<number>([0]);
      let end = 0;
      for (const item of list) ends.add((end += item.length));
      const edges = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
      const tracker = new FrameTracker();
      for (let i = 0; i + 1 < edges.length; i++) {
        expect(tracker.push(bytes.subarray(edges[i], edges[i + 1]), false)).toBe(
          (edges[i + 1] ?? 0) - (edges[i] ?? 0),
        );
        expect(tracker.atBoundary).toBe(ends.has(edges[i + 1] ?? 0));
      }
    }),
    { numRuns: 200 },
  );
});

test('it stops at the end of the frame that is under way', () => {
  const bytes = Buffer.concat([frame(5, false), frame(200, false)]);
  const tracker = new FrameTracker();
  tracker.push(bytes.subarray(0, 3), false);
  expect(tracker.push(bytes.subarray(3), true)).toBe(4);
  expect(tracker.push(bytes.subarray(7), true)).toBe(0);
  expect(tracker.atBoundary).toBe(true);
});
